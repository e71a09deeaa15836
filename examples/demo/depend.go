package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	pb "statemanager/proto/statemanager/v1"
)

// depend: db crashes and fails once more; app, which needs it, ends with it, is left alone meanwhile and comes back after.
func depend(s *scene) error {
	if err := s.prepare("db", false); err != nil {
		return err
	}
	if err := s.prepare("app", false); err != nil {
		return err
	}
	s.before()
	began := s.from
	s.follow("db")
	was := s.before()
	if err := expect(len(was) == 1, "one process of db, got %v", was); err != nil {
		return err
	}
	once := filepath.Join("node-a", "services", namespace+".db", "work", "0", "once")
	s.say("   $ touch %s   # it does not come up at once\n", once)
	if err := os.WriteFile(filepath.Join(s.dir, once), nil, 0o644); err != nil {
		return fmt.Errorf("break db: %w", err)
	}
	if err := s.killProcess(was[0]); err != nil {
		return err
	}
	if err := s.until("db to be Running again", func() bool { return s.isRunning() && s.ended("restart", "succeeded") == 1 }); err != nil {
		return err
	}
	up := s.when("action_started")
	s.after()
	s.say("   meanwhile, of %s/app:\n", namespace)
	s.follow("app")
	s.from = began
	if err := s.until("app to be Running again", func() bool { return s.isRunning() && s.ended("restart", "succeeded") == 1 }); err != nil {
		return err
	}
	s.after()
	if err := expect(s.waited("dependency_down"), "recovery of app to wait for db"); err != nil {
		return err
	}
	return expect(s.started("restart") == 1 && s.when("action_started").After(up), "one restart of app, after the one of db that worked")
}

// waited says whether recovery has waited for a reason.
func (s *scene) waited(reason string) bool {
	return slices.ContainsFunc(s.entries, func(e *pb.HistoryEntry) bool {
		d := e.GetDecision()
		return d.GetEntrypoint() == "recovery.decision" && d.Answer["action"] == "wait" &&
			slices.ContainsFunc(d.Reasons, func(r *pb.Reason) bool { return r.Code == reason })
	})
}

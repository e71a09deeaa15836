package demo

import (
	"fmt"
	"os"
	"path/filepath"
)

// rollback: version 2 crashes at each start; version 1 runs again, as it did.
func rollback(s *scene) error {
	w := world["fresh"]
	w.version = "2"
	return s.back(w, "rollback")
}

// reset: a configuration that the service refuses; the one before is in force again.
func reset(s *scene) error {
	w := world["picky"]
	w.config = "mode: poison"
	return s.back(w, "reset_config")
}

// back applies what cannot run, and holds that the last good pair is back.
func (s *scene) back(bad wanted, action string) error {
	if err := s.prepare(bad.name, true); err != nil {
		return err
	}
	was := s.before()
	if err := s.apply(bad); err != nil {
		return err
	}
	if err := s.until(action+" to succeed", func() bool { return s.ended(action, "succeeded") == 1 && s.isRunning() }); err != nil {
		return err
	}
	is := s.after()
	return expect(len(is) == 1 && len(was) == 1 && is[0].PID != was[0].PID && is[0].Version == was[0].Version && is[0].Config == was[0].Config,
		"one new process with version %v and configuration %v, got %v", was[0].Version, was[0].Config, is)
}

// recreate: restarts keep the damaged working directory and fail, recreate makes it anew.
func recreate(s *scene) error {
	if err := s.prepare("hurt", false); err != nil {
		return err
	}
	damaged := filepath.Join("node-b", "services", namespace+".hurt", "work", "0", "damaged")
	is, err := s.worn(func() error {
		s.say("   $ touch %s\n", damaged)
		return os.WriteFile(filepath.Join(s.dir, damaged), nil, 0o644)
	}, "recreate")
	if err != nil {
		return err
	}
	return expect(is.Node == "node-b", "it at node-b, got %s", is)
}

// relocate: its device has gone from node-a, so nothing helps there; node-b has one.
func relocate(s *scene) error {
	if err := s.prepare("radio", true); err != nil {
		return err
	}
	is, err := s.worn(func() error {
		s.say("   $ rm node-a/device\n")
		return os.Remove(s.device("node-a"))
	}, "relocate")
	if err != nil {
		return err
	}
	return expect(is.Node == "node-b" && s.status.Node == "node-b", "it at node-b, got %s", is)
}

// worn breaks what the service needs, kills it, and waits until an action further up the ladder has helped.
func (s *scene) worn(harm func() error, helps string) (is Process, err error) {
	was := s.before()
	if err := expect(len(was) == 1, "one process, got %v", was); err != nil {
		return is, err
	}
	if err := harm(); err != nil {
		return is, fmt.Errorf("break %s: %w", s.service, err)
	}
	if err := s.killProcess(was[0]); err != nil {
		return is, err
	}
	if err := s.until(helps+" to succeed", func() bool { return s.ended(helps, "succeeded") >= 1 && s.isRunning() }); err != nil {
		return is, err
	}
	if err := expect(s.ended("restart", "failed") == 2, "two restarts to fail before"); err != nil {
		return is, err
	}
	after := s.after()
	if err := expect(len(after) == 1 && after[0].PID != was[0].PID, "one new process, got %v", after); err != nil {
		return is, err
	}
	return after[0], nil
}

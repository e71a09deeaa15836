package demo

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	pb "statemanager/proto/statemanager/v1"
)

// isolateSooner is the line of data after the edit.
const isolateSooner = "  other: [restart, isolate]"

// slowly makes each action take a while, so that something can be done meanwhile.
const slowly = "    action_delay: 2s\n"

// syntaxError is a rule without its end.
const syntaxError = "package statemanager.recovery\n\nskip.at_night contains \"restart\" if {\n"

// edit: an edited line of data decides next, nothing is restarted; a syntax error changes nothing and is shown.
func edit(s *scene) error {
	first, err := s.operator.GetPolicyStatus(s.ctx, &pb.GetPolicyStatusRequest{})
	if err != nil {
		return err
	}
	err = s.edited(first.ActiveRevision)
	mended := s.replaceLine("data.yaml", isolateSooner, ladder) // also when it failed: others come after it
	if err = cmp.Or(err, mended); err != nil {
		return err
	}
	return s.policyIs("the first pack to decide again", func(st *pb.GetPolicyStatusResponse) bool { return st.ActiveRevision == first.ActiveRevision })
}

// edited lets a ladder be under way when its strategy is edited.
func (s *scene) edited(first string) error {
	daemon := s.procs[daemonName].cmd.Process.Pid
	s.follow("brittle")
	if err := s.apply(wanted{name: "brittle", node: "node-b", version: "1", workload: broken + slowly}); err != nil {
		return err
	}
	if err := s.running(); err != nil {
		return err
	}
	s.before()
	if err := s.until("the first restart", func() bool { return s.started("restart") > 0 }); err != nil {
		return err
	}
	if err := s.replaceLine("data.yaml", ladder, isolateSooner); err != nil {
		return err
	}
	if err := s.until("recovery to give up", s.closed); err != nil {
		return err
	}
	if err := expect(s.started("recreate") == 0 && s.ended("isolate", "succeeded") == 1, "isolate after the restarts that had begun"); err != nil {
		return err
	}
	now := s.decided("isolate").GetPolicyRevision()
	if err := expect(now != first, "isolate decided by the edited pack, not by %.12s", now); err != nil {
		return err
	}
	if err := s.breakPack(now); err != nil {
		return err
	}
	s.after()
	s.say("   the daemon is still pid %d: nothing was restarted\n", s.procs[daemonName].cmd.Process.Pid)
	return expect(s.procs[daemonName].cmd.Process.Pid == daemon, "the same daemon")
}

// breakPack puts a file with a syntax error into the pack, and takes it away again.
func (s *scene) breakPack(active string) error {
	const name = "recovery/site.rego"
	file := filepath.Join(s.pack(), name)
	s.say("   $ write policies/%s\n", name)
	for line := range strings.Lines(syntaxError) {
		s.say("     + %s\n", strings.TrimRight(line, "\n"))
	}
	if err := os.WriteFile(file, []byte(syntaxError), 0o644); err != nil {
		return fmt.Errorf("break policies: %w", err)
	}
	named := func(p *pb.PolicyProblem) bool { return p.File == name && p.Line > 0 && p.Text != "" }
	err := s.policyIs("the broken pack to be refused", func(st *pb.GetPolicyStatusResponse) bool {
		return st.ActiveRevision == active && st.RefusedAt != nil && slices.ContainsFunc(st.Problems, named)
	})
	if err != nil {
		return err
	}
	out, err := s.cli("policy", "status")
	if err != nil {
		return err
	}
	if err := expect(strings.Contains(out, name+":"), "the command line to name file and line"); err != nil {
		return err
	}
	if err := s.logged(name + ":"); err != nil {
		return err
	}
	if err := s.told("pack_refused"); err != nil {
		return err
	}
	s.say("   $ rm policies/%s\n", name)
	if err := os.Remove(file); err != nil {
		return fmt.Errorf("mend policies: %w", err)
	}
	return s.policyIs("nothing to be refused", func(st *pb.GetPolicyStatusResponse) bool {
		return st.ActiveRevision == active && st.RefusedAt == nil
	})
}

func (s *scene) policyIs(what string, ok func(*pb.GetPolicyStatusResponse) bool) error {
	return s.poll(s.ctx, what, func() (bool, error) {
		st, err := s.operator.GetPolicyStatus(s.ctx, &pb.GetPolicyStatusRequest{})
		return err == nil && ok(st), err
	})
}

// logged holds that the daemon's log has a line that names a place in the pack.
func (s *scene) logged(place string) error {
	text, err := os.ReadFile(filepath.Join(s.logs(), daemonName+".log"))
	if err != nil {
		return fmt.Errorf("read log: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "[ERROR]") && strings.Contains(line, place) {
			s.say("   log     %s\n", strings.TrimSpace(line))
			return nil
		}
	}
	return fmt.Errorf("expected a line in the daemon's log that names %s", place)
}

package demo

import (
	"fmt"
	"slices"
	"syscall"
)

// frozen: a node that does not answer is told to a human, and nothing is done about its services: they run, and when it
// is back they are those that ran before.
func frozen(s *scene) error {
	const node = "node-b"
	if err := s.prepare("api", false); err != nil {
		return err
	}
	s.before()
	was := s.processesAt(node)
	agent := s.procs[node].cmd.Process
	s.say("   $ kill -STOP %d   # %s\n", agent.Pid, node)
	if err := agent.Signal(syscall.SIGSTOP); err != nil {
		return fmt.Errorf("freeze %s: %w", node, err)
	}
	defer func() { _ = agent.Signal(syscall.SIGCONT) }() // else it would not end
	if err := s.told("node_silent"); err != nil {
		return err
	}
	if err := s.until("api to be Degraded", func() bool { return s.status != nil && s.status.Phase == "Degraded" }); err != nil {
		return err
	}
	s.say("   $ kill -CONT %d\n", agent.Pid)
	if err := agent.Signal(syscall.SIGCONT); err != nil {
		return fmt.Errorf("thaw %s: %w", node, err)
	}
	if err := s.until("api to be Running again", s.isRunning); err != nil {
		return err
	}
	if err := expect(!s.happened("action_started"), "no action, got %v", s.result.Actions); err != nil {
		return err
	}
	s.after()
	is := s.processesAt(node)
	if err := expect(len(was) > 0 && slices.Equal(was, is), "at %s %v, got %v", node, was, is); err != nil {
		return err
	}
	s.say("   all %d processes at %s are those that ran before\n", len(is), node)
	return nil
}

package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
)

// slain: the daemon is killed during an action and started again: the action is resolved, not repeated, and the ladder
// goes on where it was.
func slain(s *scene) error {
	s.follow("slow")
	if err := s.apply(wanted{name: "slow", node: "node-a", version: "1", workload: broken + slowly}); err != nil {
		return err
	}
	if err := s.running(); err != nil {
		return err
	}
	s.before()
	if err := s.until("the first restart to fail", func() bool { return s.ended("restart", "failed") == 1 }); err != nil {
		return err
	}
	if err := s.poll(s.ctx, "the controller to accept the second restart", func() (bool, error) {
		n, err := s.accepted("restart")
		return n == 2, err
	}); err != nil {
		return err
	}
	if err := s.killDaemon(); err != nil {
		return err
	}
	if err := s.until("recovery to give up", s.closed); err != nil {
		return err
	}
	s.after()
	if err := expect(s.ended("restart", "failed") == 2 && s.ended("isolate", "succeeded") == 1, "the second restart to be resolved as failed, then up the ladder"); err != nil {
		return err
	}
	return s.acceptedOnce()
}

// killDaemon kills the daemon and starts it again.
func (s *scene) killDaemon() error {
	p := s.procs[daemonName]
	s.say("   $ kill -9 %d   # the daemon, while the restart is under way\n", p.cmd.Process.Pid)
	if err := p.end(syscall.SIGKILL); err != nil {
		return err
	}
	if err := s.startDaemon(); err != nil {
		return err
	}
	s.say("   $ statemanager run --config statemanager.yaml   # pid %d\n", s.procs[daemonName].cmd.Process.Pid)
	return nil
}

// ledgerEntry is what of a line of the controller's ledger is of interest.
type ledgerEntry struct {
	Resource, Kind, Event, Result string
	Epoch, Seq                    int64
}

// readLedger reads the lines of the service that is followed.
func (s *scene) readLedger() (out []ledgerEntry, err error) {
	text, err := os.ReadFile(s.ledger("node-a"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for line := range strings.Lines(string(text)) {
		var e ledgerEntry
		if !strings.HasSuffix(line, "\n") {
			break // it is being written
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			return nil, fmt.Errorf("read ledger: %w", err)
		}
		if e.Resource == s.full() {
			out = append(out, e)
		}
	}
	return out, err
}

// accepted counts the actions of a kind that the controller has accepted.
func (s *scene) accepted(kind string) (n int, err error) {
	list, err := s.readLedger()
	for _, e := range list {
		if e.Event == "accepted" && e.Kind == kind {
			n++
		}
	}
	return n, err
}

// acceptedOnce holds the controller's own ledger against what should have reached it: each key once, in the order of
// the ladder.
func (s *scene) acceptedOnce() error {
	list, err := s.readLedger()
	if err != nil {
		return err
	}
	times, kinds := map[string]int{}, []string{}
	for _, e := range list {
		s.say("   ledger  %s\n", strings.TrimSpace(fmt.Sprintf("%s %d.%d %s %s", e.Kind, e.Epoch, e.Seq, e.Event, e.Result)))
		if e.Event == "accepted" {
			kinds = append(kinds, e.Kind)
			times[fmt.Sprintf("%d.%d", e.Epoch, e.Seq)]++
		}
	}
	for key, n := range times {
		if n != 1 {
			return fmt.Errorf("expected each key to be accepted once, %s was %d times", key, n)
		}
	}
	got, want := strings.Join(kinds, " "), "create restart restart recreate isolate"
	return expect(got == want, "the ledger to show %q, got %q", want, got)
}

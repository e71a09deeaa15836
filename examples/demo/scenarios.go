package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const (
	// steady runs until it is stopped.
	steady = `    command: ["/bin/sh", "-c", "while :; do sleep 1; done"]
`
	// broken runs for three seconds when it is created, and crashes at once at every start after; until its cause is mended,
	// which is a file in its working directory.
	broken = `    command: ["/bin/sh", "-c", "[ -e mended ] && exec sleep 1000; [ -e started ] && { sleep 0.3; exit 3; }; touch started; sleep 3; exit 3"]
`
)

// apply: a service that nobody runs yet is created, verified and Running.
func apply(s *scene) error {
	for _, x := range []struct{ name, node string }{{"web", "node-a"}, {"api", "node-b"}} {
		s.follow(x.name)
		s.before()
		if err := s.apply(x.name, x.node, steady); err != nil {
			return err
		}
		if err := s.until("create to succeed and "+x.name+" to be Running", func() bool { return s.isRunning() && s.ended("create", "succeeded") == 1 }); err != nil {
			return err
		}
		got := s.after()
		if err := expect(len(got) == 1 && got[0].Node == x.node, "one process at %s, got %v", x.node, got); err != nil {
			return err
		}
	}
	return nil
}

// kill: a process that is killed is started again, verified, and Running.
func kill(s *scene) error {
	if err := s.prepare("web", "node-a", steady); err != nil {
		return err
	}
	was := s.before()
	if err := expect(len(was) == 1, "one process of web, got %v", was); err != nil {
		return err
	}
	s.say("   $ kill -9 %d\n", was[0].PID)
	if err := syscall.Kill(was[0].PID, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %d: %w", was[0].PID, err)
	}
	if err := s.until("restart to succeed and web to be Running", func() bool { return s.isRunning() && s.ended("restart", "succeeded") == 1 }); err != nil {
		return err
	}
	is := s.after()
	return expect(len(is) == 1 && is[0].PID != was[0].PID && is[0].Node == "node-a" && is[0].Started.After(was[0].Started),
		"one new process at node-a, got %v", is)
}

// prepare has a service run before the story begins.
func (s *scene) prepare(name, node, workload string) error {
	s.follow(name)
	if err := s.apply(name, node, workload); err != nil {
		return err
	}
	err := s.running()
	s.follow(name)
	return err
}

// crash: up the ladder to isolate, a human is told, recovery closes; retry opens it again.
func crash(s *scene) error {
	s.follow("crash")
	if err := s.apply("crash", "node-a", broken); err != nil {
		return err
	}
	if err := s.until("create to succeed", func() bool { return s.ended("create", "succeeded") == 1 }); err != nil {
		return err
	}
	s.before()
	if err := s.until("recovery to give up", s.closed); err != nil {
		return err
	}
	if err := expect(s.ended("restart", "failed") == 2 && s.ended("isolate", "succeeded") == 1, "two failed restarts, then isolate"); err != nil {
		return err
	}
	if err := expect(s.status.Isolated && s.status.Phase == "Failed", "an isolated service in phase Failed, got %s", s.status.Phase); err != nil {
		return err
	}
	if err := s.told(s.full()); err != nil {
		return err
	}
	if left := s.after(); len(left) > 0 {
		return fmt.Errorf("expected no process of an isolated service, got %v", left)
	}
	if _, err := s.cli("explain", "crash", "--decisions", "3"); err != nil {
		return err
	}
	mended := filepath.Join("node-a", "services", namespace+".crash", "work", "0", "mended")
	s.say("   $ touch %s\n", mended)
	if err := os.WriteFile(filepath.Join(s.dir, mended), nil, 0o644); err != nil {
		return fmt.Errorf("mend the cause: %w", err)
	}
	if _, err := s.cli("retry", "crash"); err != nil {
		return err
	}
	if err := s.until("the service to run again", func() bool { return s.happened("recovery_retried") && s.isRunning() }); err != nil {
		return err
	}
	is := s.after()
	return expect(len(is) == 1, "one process, got %v", is)
}

// closed says whether recovery has given up.
func (s *scene) closed() bool {
	return s.status != nil && s.status.Recovery.GetState() == "closed" && len(s.status.Actions) == 0
}

// told waits until the MonitoringServer has written an alert about something.
func (s *scene) told(about string) error {
	namespace, name, _ := strings.Cut(about, "/")
	return s.poll(s.ctx, "an alert about "+about+" in alerts.jsonl", func() (bool, error) {
		text, err := os.ReadFile(s.alerts())
		if err != nil {
			return false, fmt.Errorf("read alerts: %w", err)
		}
		for line := range strings.Lines(string(text)) {
			service := strings.Contains(line, `"namespace":"`+namespace+`"`) && strings.Contains(line, `"name":"`+name+`"`)
			if service || strings.Contains(line, `"code":"`+about+`"`) {
				s.say("   told    %s\n", strings.TrimSpace(line))
				return true, nil
			}
		}
		return false, nil
	})
}

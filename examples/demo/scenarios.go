package demo

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// apply: services that nobody runs yet are created, verified and Running. The others become stable meanwhile.
func apply(s *scene) error {
	began := time.Now()
	if err := s.applyAll(); err != nil {
		return err
	}
	for _, x := range []wanted{world["web"], world["api"]} {
		s.follow(x.name)
		s.from = began
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

// applyAll applies the services of the world at once. Those that are shown do not run before.
func (s *scene) applyAll() error {
	var first, all []string // what others need comes before them
	for _, name := range slices.Sorted(maps.Keys(world)) {
		if w := world[name]; w.needs == "" {
			first = append(first, w.text())
		} else {
			all = append(all, w.text())
		}
	}
	all = append(first, all...)
	const file = "services/all.yaml"
	if err := os.WriteFile(filepath.Join(s.dir, file), []byte(strings.Join(all, "---\n")), 0o644); err != nil {
		return fmt.Errorf("write service file: %w", err)
	}
	for _, name := range []string{"web", "api"} {
		s.follow(name)
		s.before()
	}
	_, err := s.cli("apply", "-f", file)
	return err
}

// kill: a process that is killed is started again, verified, and Running.
func kill(s *scene) error {
	if err := s.prepare("web", false); err != nil {
		return err
	}
	was := s.before()
	if err := expect(len(was) == 1, "one process of web, got %v", was); err != nil {
		return err
	}
	if err := s.killProcess(was[0]); err != nil {
		return err
	}
	if err := s.until("restart to succeed and web to be Running", func() bool { return s.isRunning() && s.ended("restart", "succeeded") == 1 }); err != nil {
		return err
	}
	is := s.after()
	return expect(len(is) == 1 && is[0].PID != was[0].PID && is[0].Node == "node-a" && is[0].Started.After(was[0].Started),
		"one new process at node-a, got %v", is)
}

// killProcess kills a process of a service with -9.
func (s *scene) killProcess(p Process) error {
	s.say("   $ kill -9 %d\n", p.PID)
	if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill %d: %w", p.PID, err)
	}
	return nil
}

// crash: up the ladder to isolate, a human is told, recovery closes; retry opens it again.
func crash(s *scene) error {
	s.follow("crash")
	if err := s.apply(wanted{name: "crash", node: "node-a", version: "1", workload: broken}); err != nil {
		return err
	}
	if err := s.until("create to succeed", func() bool { return s.ended("create", "succeeded") == 1 }); err != nil {
		return err
	}
	s.before()
	if err := s.until("recovery to give up", s.closed); err != nil {
		return err
	}
	if err := expect(s.ended("restart", "failed") == 2 && s.ended("recreate", "failed") == 1 && s.ended("isolate", "succeeded") == 1, "two failed restarts, a recreate that failed, then isolate"); err != nil {
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
	mended := filepath.Join("node-a", "services", namespace+".crash", "mended")
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
	return s.poll(s.ctx, "an alert about "+about+" in alerts.jsonl", func() (bool, error) {
		lines, err := os.ReadFile(s.alerts())
		if err != nil {
			return false, fmt.Errorf("read alerts: %w", err)
		}
		text, err := alertAbout(string(lines), about)
		if err != nil || text == "" {
			return false, err
		}
		s.result.Told = append(s.result.Told, text)
		s.say("   told    %s\n", text)
		return true, nil
	})
}

package demo

import (
	"fmt"
	"os"
	"path/filepath"
)

// gone: a service whose process and directory are taken away is missing, and made again.
func gone(s *scene) error {
	if err := s.prepare("gone", false); err != nil {
		return err
	}
	was := s.before()
	if err := expect(len(was) == 1, "one process of gone, got %v", was); err != nil {
		return err
	}
	home := filepath.Join("node-a", "services", namespace+".gone")
	s.say("   $ rm -r %s\n", home)
	if err := os.RemoveAll(filepath.Join(s.dir, home)); err != nil {
		return fmt.Errorf("remove service: %w", err)
	}
	if err := s.killProcess(was[0]); err != nil {
		return err
	}
	if err := s.until("create to succeed and gone to be Running", func() bool { return s.isRunning() && s.ended("create", "succeeded") == 1 }); err != nil {
		return err
	}
	is := s.after()
	if err := expect(len(is) == 1 && is[0].PID != was[0].PID, "one new process, got %v", is); err != nil {
		return err
	}
	return s.differed("existence")
}

// change: each change of what is wanted is carried out as its own action, and touches no more than it must.
func change(s *scene) error {
	if err := s.prepare("shop", false); err != nil {
		return err
	}
	w, was := world["shop"], s.before()
	for _, c := range []struct {
		action, part string
		edit         func()
		ok           func(was, is []Process) bool
	}{
		{"scale", "scale", func() { w.replicas = 2 }, func(was, is []Process) bool { return len(is) == 2 && is[0].PID == was[0].PID }},
		{"configure", "config", func() { w.config = "level: debug" }, func(was, is []Process) bool {
			return len(is) == 2 && is[0].PID == was[0].PID && is[1].PID == was[1].PID && is[0].Config != was[0].Config
		}},
		{"update", "version", func() { w.version = "2" }, func(was, is []Process) bool {
			return len(is) == 2 && is[0].PID != was[0].PID && is[0].Version == "2" && is[1].Version == "2"
		}},
	} {
		c.edit()
		if err := s.apply(w); err != nil {
			return err
		}
		if err := s.until(c.action+" to succeed", func() bool { return s.isRunning() && s.ended(c.action, "succeeded") == 1 }); err != nil {
			return err
		}
		is := s.after()
		if err := expect(c.ok(was, is), "%s to change what it should alone, got %v", c.action, is); err != nil {
			return err
		}
		if err := s.differed(c.part); err != nil {
			return err
		}
		was = is
	}
	return nil
}

// differed holds that a difference of a kind was seen.
func (s *scene) differed(part string) error {
	return expect(hasPart(s.result.Diffs, part), "a difference of %s, got %q", part, s.result.Diffs)
}

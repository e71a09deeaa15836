package demo

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"statemanager/policies"
)

// ladder is the line of data that the demo edits.
const ladder = "  other: [restart, restart, isolate]"

// shorter are the edits of the default pack that make the demo short: the rules are those that are shipped.
var shorter = []struct{ old, new string }{
	{"  other: {priority: 5, critical: false, stable_after: 5m}", "  other: {priority: 5, critical: false, stable_after: 6s}"},
	{"  other: [restart, restart, rollback, reset_config, recreate, relocate, isolate]", ladder},
	{"backoff: [1s, 10s, 20s, 40s, 80s, 160s, 300s]", "backoff: [500ms, 1s, 2s]"},
	{"  node: {limit: 10, window: 1m}", "  node: {limit: 50, window: 1m}"},
	{"stable_for: 10s", "stable_for: 1s"},
	{"stable_for: 2s", "stable_for: 1s"},
}

// writePack writes the default pack with shorter numbers.
func (s *stage) writePack() error {
	files := policies.Files()
	data := string(files["data.yaml"])
	s.say("the default policy pack, with shorter numbers in data.yaml:\n")
	for _, e := range shorter {
		if !strings.Contains(data, e.old) {
			return fmt.Errorf("write policies: data.yaml has no %q any more", e.old)
		}
		data = strings.ReplaceAll(data, e.old, e.new)
		s.say("   %s\n", strings.TrimSpace(e.new))
	}
	files["data.yaml"] = []byte(data)
	for name, text := range files {
		file := filepath.Join(s.pack(), filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("write policies: %w", err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return fmt.Errorf("write policies: %w", err)
		}
	}
	return nil
}

func (s *stage) pack() string { return filepath.Join(s.dir, "policies") }

// replaceLine puts one line in the place of another, as an editor does: a new file is renamed over the old one.
func (s *stage) replaceLine(name, old, line string) error {
	file := filepath.Join(s.pack(), name)
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("edit policies: %w", err)
	}
	before, _, found := bytes.Cut(text, []byte(old+"\n"))
	if !found {
		return fmt.Errorf("edit policies: %s has no line %q", name, old)
	}
	s.say("   $ edit policies/%s:%d\n     - %s\n     + %s\n", name, bytes.Count(before, []byte("\n"))+1, strings.TrimSpace(old), strings.TrimSpace(line))
	next := file + ".next"
	if err := os.WriteFile(next, bytes.Replace(text, []byte(old+"\n"), []byte(line+"\n"), 1), 0o644); err != nil {
		return fmt.Errorf("edit policies: %w", err)
	}
	return os.Rename(next, file)
}

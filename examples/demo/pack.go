package demo

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"statemanager/policies"
)

// ladder is the line of data that the demo edits.
const ladder = "  other: [restart, restart, rollback, reset_config, recreate, relocate, isolate]"

// site is the demo's own layer over the default pack.
//
//go:embed site/data.yaml
var site []byte

// writePack writes the default pack as it is shipped, and the site's layer, which makes the demo short.
func (s *stage) writePack() error {
	files := map[string][]byte{"site/data.yaml": site}
	for name, text := range policies.Files() {
		files["policies/"+name] = text
	}
	for name, text := range files {
		file := filepath.Join(s.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("write policies: %w", err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return fmt.Errorf("write policies: %w", err)
		}
	}
	s.say("the default policy pack, and a layer of the site over it with shorter delays: site/data.yaml\n")
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

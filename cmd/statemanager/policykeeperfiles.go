package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"statemanager/adapters/policydir"
	"statemanager/evaluator"
	"statemanager/policies"
)

// watches says whether there is anything outside of the program to watch.
func (c *PolicyConfig) watches() bool { return c.Directory != "" || len(c.Layers) > 0 }

// paths are the directory and the layers, which are watched.
func (c *PolicyConfig) paths() []string {
	if c.Directory == "" {
		return c.Layers
	}
	return append([]string{c.Directory}, c.Layers...)
}

// watched is the paths for a human.
func (c *PolicyConfig) watched() string { return strings.Join(c.paths(), " + ") }

// name is the pack with its layers for a human.
func (c *PolicyConfig) name() string {
	if c.Directory != "" {
		return c.watched()
	}
	return strings.Join(append([]string{"the pack inside the program"}, c.Layers...), " + ")
}

// read takes a snapshot of the pack, of the directory or else the one inside the program, with its layers.
func (c *PolicyConfig) read() (evaluator.Files, error) {
	base := evaluator.Files(policies.Files())
	if c.Directory != "" {
		files, err := policydir.Read(c.Directory)
		if err != nil {
			return nil, err
		}
		base = files
	}
	var layers []evaluator.Layer
	for _, p := range c.Layers {
		files, err := policydir.ReadLayer(p)
		if err != nil {
			return nil, err
		}
		layers = append(layers, evaluator.Layer{Name: filepath.Base(p), Files: files})
	}
	files, err := evaluator.Stack(base, layers...)
	if err != nil {
		return nil, fmt.Errorf("policy.layers: %w", err)
	}
	return files, nil
}

// place is where something of a pack stands on the disk, for FILE or FILE:LINE as the evaluator names them.
func (c *PolicyConfig) place(name string) string {
	layer, inner, _ := strings.Cut(name, ":")
	for _, p := range c.Layers {
		if filepath.Base(p) != layer {
			continue
		}
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			_, line, _ := strings.Cut(inner, ":")
			return strings.TrimSuffix(p+":"+line, ":")
		}
		return filepath.Join(p, inner)
	}
	return filepath.Join(c.Directory, name)
}

package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// TestExamples: each command that takes an argument shows an example, and each example is of its command and can be read.
func TestExamples(t *testing.T) {
	root := rootCommand()
	all := commandsOf(root)
	if len(all) < 20 {
		t.Fatalf("%d commands", len(all))
	}
	for _, cmd := range all {
		if strings.Contains(cmd.Use, " ") && cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			words := strings.Fields(line)
			found, rest, err := root.Find(words[1:])
			if words[0] != "statemanager" || err != nil || found != cmd && found.Parent() != cmd {
				t.Errorf("%q is no example of %s (%v)", line, cmd.CommandPath(), err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			} else if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
	}
}

// commandsOf are the commands below one.
func commandsOf(cmd *cobra.Command) (out []*cobra.Command) {
	for _, c := range cmd.Commands() {
		out = append(append(out, c), commandsOf(c)...)
	}
	return out
}

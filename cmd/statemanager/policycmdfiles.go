package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"statemanager/evaluator"
	"statemanager/policies"
)

// initReadme is what stands beside the rules that `policy init` writes.
const initReadme = `# A policy pack of the State Manager

` + "`data.yaml`" + ` has what is tuned: strategies, back-off, profiles, actions, limits. Each folder is a package of rules with its facts and
its tests; ` + "`reasons/data.yaml`" + ` has the sentence of each reason. Most changes are a line of data or a rule in a new file.

    opa test .                          the tests, with stock OPA
    opa check --strict .                types and unused variables
    statemanager policy check .         every gate of the daemon; nothing is changed

Name this directory in the daemon's configuration, and edits take effect while it runs:

    policy:
      directory: ` + "%s" + `
`

// written is what `policy init` has done.
type written struct {
	Directory string   `json:"directory"`
	Files     []string `json:"files"`
}

// policyInit writes the pack inside the program to a directory that is empty or not there yet.
func (c *client) policyInit(w io.Writer, dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return usagef("write policy pack: %w", err)
	case len(entries) > 0:
		return usagef("write policy pack: %s is not empty: give an empty or a new directory", dir)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return usagef("write policy pack: %w", err)
	}
	files := policies.Files()
	files["README.md"] = fmt.Appendf(nil, initReadme, abs)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, files[name], 0o644)); err != nil {
			return fmt.Errorf("write policy pack: %w", err)
		}
	}
	if c.output != "table" {
		return c.printValue(w, written{dir, slices.Sorted(maps.Keys(files))})
	}
	_, err = fmt.Fprintf(w, "%d files written to %s; next: statemanager policy check %s\n", len(files), dir, dir)
	return err
}

// showCommand shows the values that a daemon of this configuration would decide by.
func showCommand(c *client) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "show [KEY]",
		Example: "  statemanager policy show strategies.other\n  statemanager policy show --config statemanager.yaml",
		Short:   "Show the values of a pack with its layers, and the file that each comes from",
		Long: `Shows each value of the pack's data that holds once all layers are merged, and where it stands. KEY is a table, a row
or a value, such as strategies or strategies.other; without it, all are shown. The pack is that of --config, or --directory,
or the one inside the program.`,
		Args: args(cobra.MaximumNArgs(1)),
	}
	flags := newPackFlags(cmd)
	directory := cmd.Flags().String("directory", "", "policy directory")
	cmd.RunE = func(cmd *cobra.Command, a []string) error {
		policy, err := flags.policy(*directory)
		if err != nil {
			return err
		}
		return c.policyShow(cmd.OutOrStdout(), policy, append(a, "")[0])
	}
	return cmd
}

func (c *client) policyShow(w io.Writer, cfg *PolicyConfig, key string) error {
	files, err := cfg.read()
	if err != nil {
		return usageError{err}
	}
	values, err := evaluator.Show(files, key)
	if err != nil {
		return usageError{err}
	}
	for i := range values {
		values[i].Place = cfg.place(values[i].Place)
	}
	if c.output != "table" {
		return c.printValue(w, shownOf(values))
	}
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, v := range values {
		fmt.Fprintf(tw, "%s\t%s\t%s\n", v.Key, v.Value, v.Place)
	}
	return tw.Flush()
}

// shown is a value as a program reads it: as what it is, not as a text.
type shown struct {
	Key   string          `json:"key"`
	Value json.RawMessage `json:"value"`
	Place string          `json:"place"`
}

func shownOf(values []evaluator.Shown) []shown {
	out := []shown{}
	for _, v := range values {
		out = append(out, shown{v.Key, json.RawMessage(v.Value), v.Place})
	}
	return out
}

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"statemanager/evaluator"
	pb "statemanager/proto/statemanager/v1"
)

func policyCommand(c *client) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Check and test a policy directory, and show what the daemon decides by",
		Args:  args(cobra.NoArgs),
		RunE:  needsCommand,
	}
	check := &cobra.Command{
		Use: "check [DIR]", Example: "  statemanager policy check policies --layer site", Short: "Hold a pack against all gates, as the daemon does before it takes it",
		Long: "Holds a pack against all gates, as the daemon does before it takes it. The pack is that of DIR, or of --config, or the one inside the program.",
	}
	test := &cobra.Command{Use: "test [DIR]", Example: "  statemanager policy test policies", Short: "Run the tests of a pack"}
	for _, cmd := range []*cobra.Command{check, test} {
		flags := newPackFlags(cmd)
		cmd.Args = args(cobra.MaximumNArgs(1))
		cmd.RunE = func(cmd *cobra.Command, a []string) error {
			policy, err := flags.policy(append(a, "")[0])
			if err != nil {
				return err
			}
			return c.policyCheck(cmd, policy, cmd == test)
		}
	}
	cmd.AddCommand(check, test, showCommand(c), &cobra.Command{
		Use: "init DIR", Example: "  statemanager policy init policies", Short: "Write the pack inside the program to an empty directory, to make it yours",
		Args: args(cobra.ExactArgs(1)), RunE: func(cmd *cobra.Command, a []string) error { return c.policyInit(cmd.OutOrStdout(), a[0]) },
	})
	status := &cobra.Command{
		Use: "status", Short: "Show the policy that decides, and what is wrong with the one that was refused",
		Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return answer(cmd, c, func(ctx context.Context, s *session) (*pb.GetPolicyStatusResponse, error) {
				return s.operator.GetPolicyStatus(ctx, &pb.GetPolicyStatusRequest{})
			}, policyStatusText)
		},
	}
	c.outputFlag(cmd.PersistentFlags())
	c.flags(status.Flags())
	cmd.AddCommand(status)
	return cmd
}

// policyCheck needs no daemon: the gates are the same code.
func (c *client) policyCheck(cmd *cobra.Command, cfg *PolicyConfig, testsOnly bool) error {
	files, err := cfg.read()
	if err != nil {
		return usageError{err}
	}
	_, report := evaluator.Check(cmd.Context(), files)
	served := report.OK()
	if served && !testsOnly {
		evaluator.CheckTypes(files, &report)
	}
	if c.output != "table" {
		if err := c.printValue(cmd.OutOrStdout(), checkedOf(cfg, &report)); err != nil {
			return err
		}
	} else {
		for _, p := range report.Problems {
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s: %s\n", p.Severity, p.Gate, cfg.locate(p))
		}
	}
	if served && !report.OK() {
		return fmt.Errorf("%s: the daemon would take it, but these rules can never do what they say (see above)", cfg.name())
	} else if !served {
		return fmt.Errorf("%s: the daemon would refuse it (see above)", cfg.name())
	}
	if c.output == "table" && testsOnly {
		fmt.Fprintf(cmd.OutOrStdout(), "%d tests passed\n", report.Passed)
	} else if c.output == "table" {
		fmt.Fprintf(cmd.OutOrStdout(), "ok: revision %s, %d tests passed\n", short(report.Revision), report.Passed)
	}
	return nil
}

// checked is what the gates found, with the names that `policy status` has.
type checked struct {
	Revision string              `json:"revision"`
	OK       bool                `json:"ok"`
	Problems []evaluator.Problem `json:"problems"` // files are on the disk
	Tests    int                 `json:"tests"`    // that passed
	Skipped  int                 `json:"skipped"`
	Took     string              `json:"took"` // as the API has durations
}

func checkedOf(cfg *PolicyConfig, r *evaluator.Report) checked {
	out := checked{Revision: r.Revision, OK: r.OK(), Problems: []evaluator.Problem{}, Tests: r.Passed, Skipped: r.Skipped, Took: fmt.Sprintf("%.3fs", r.Took.Seconds())}
	for _, p := range r.Problems {
		if p.File != "" {
			p.File = cfg.place(p.File)
		}
		out.Problems = append(out.Problems, p)
	}
	return out
}

// locate is a problem with the path of its file on the disk.
func (c *PolicyConfig) locate(p evaluator.Problem) string {
	if p.File == "" {
		return c.name() + ": " + p.String()
	}
	p.File = c.place(p.File)
	return p.String()
}

func policyStatusText(w io.Writer, st *pb.GetPolicyStatusResponse) error {
	fmt.Fprintf(w, "active revision:  %s, for %s, %d tests passed\n", short(st.ActiveRevision), since(st.ActiveSince), st.Tests)
	fmt.Fprintf(w, "watched:          %s\n", dash(st.Directory))
	if st.RefusedRevision != "" || st.RefusedAt != nil {
		fmt.Fprintf(w, "REFUSED revision: %s, %s ago: it changes nothing until it is mended\n", orElse(short(st.RefusedRevision), "(unreadable)"), since(st.RefusedAt))
	}
	for _, p := range st.Problems {
		at := evaluator.Problem{File: p.File, Line: int(p.Line), Text: p.Text}
		fmt.Fprintf(w, "  %s: %s: %s\n", p.Severity, p.Gate, at)
	}
	return nil
}

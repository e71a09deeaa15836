package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "statemanager/proto/statemanager/v1"
)

func retryCommand(c *client) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "retry SERVICE",
		Example: "  statemanager retry web",
		Short:   "Start the recovery of a service afresh",
		Long:    "Ends the recovery that was given up, its counters and isolation, so that it starts from its first action again.",
		Args:    args(cobra.ExactArgs(1)),
		RunE: ofService(func(cmd *cobra.Command, id *pb.ResourceId, _ []string) error {
			q := &pb.RetryRequest{ResourceId: id, DropOverrides: all}
			return c.tell(cmd, idText(id)+": ", func(ctx context.Context, s *session) (said, error) { return s.operator.Retry(ctx, q) })
		}),
	}
	cmd.Flags().BoolVar(&all, "overrides", false, "drop all that recovery has changed, not isolation alone")
	return cmd
}

func resolveCommand(c *client) *cobra.Command {
	var as string
	cmd := &cobra.Command{
		Use:   "resolve SERVICE KEY --as succeeded|failed|never-ran",
		Short: "Say what became of an action that nobody can tell of",
		Long: `Says what became of an action whose controller cannot tell: nothing but notices happens for that service at that
node until it is known. KEY is EPOCH.SEQ, as explain and actions show it.`,
		Example: "  statemanager resolve web 1795651335397327265.10 --as never-ran",
		Args:    args(cobra.ExactArgs(2)),
		RunE: ofService(func(cmd *cobra.Command, id *pb.ResourceId, a []string) (err error) {
			q := &pb.ResolveRequest{ResourceId: id, Result: strings.ReplaceAll(as, "-", "_")}
			if q.Epoch, q.Seq, err = actionKey(a[1]); err != nil {
				return err
			}
			if !slices.Contains([]string{"succeeded", "failed", "never-ran"}, as) {
				return usagef("--as: %q is none of succeeded, failed and never-ran: say what became of it", as)
			}
			return c.tell(cmd, idText(id)+": ", func(ctx context.Context, s *session) (said, error) { return s.operator.Resolve(ctx, q) })
		}),
	}
	cmd.Flags().StringVar(&as, "as", "", "succeeded, failed or never-ran")
	return cmd
}

// actionKey reads EPOCH.SEQ.
func actionKey(s string) (epoch, seq int64, err error) {
	a, b, ok := strings.Cut(s, ".")
	if ok {
		if epoch, err = strconv.ParseInt(a, 10, 64); err == nil {
			seq, err = strconv.ParseInt(b, 10, 64)
		}
	}
	if !ok || err != nil || epoch <= 0 || seq <= 0 {
		return 0, 0, usagef("%q is no key of an action: write EPOCH.SEQ", s)
	}
	return epoch, seq, nil
}

func pauseCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "pause",
		Short: "Stop reconciliation in the whole cell",
		Long: `Stops reconciliation, also over restarts: what is seen is still recorded, decided and told, and humans are notified,
but no action is sent until resume.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.tell(cmd, "", func(ctx context.Context, s *session) (said, error) { return s.operator.Pause(ctx, &pb.PauseRequest{}) })
		},
	}
}

func resumeCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "resume",
		Short: "Go on after a pause",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.tell(cmd, "", func(ctx context.Context, s *session) (said, error) {
				return s.operator.Resume(ctx, &pb.ResumeRequest{})
			})
		},
	}
}

// said is an answer that is one text.
type said interface {
	proto.Message
	GetText() string
}

// tell gives a command to the daemon, and prints what it did.
func (c *client) tell(cmd *cobra.Command, before string, ask func(context.Context, *session) (said, error)) error {
	return answer(cmd, c, ask, func(w io.Writer, m said) error {
		_, err := fmt.Fprintf(w, "%s%s\n", before, localTimes(m.GetText()))
		return err
	})
}

func factsCommand(c *client) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "facts",
		Short: "Show and set the facts of the site, which policy reads as site.NAME",
		Args:  args(cobra.NoArgs),
		RunE:  needsCommand,
	}
	cmd.AddCommand(&cobra.Command{
		Use: "get", Short: "Show the facts that the policy declares, what they may be and what they are",
		Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
			return answer(cmd, c, func(ctx context.Context, s *session) (*pb.GetFactsResponse, error) {
				return s.operator.GetFacts(ctx, &pb.GetFactsRequest{})
			}, factTable)
		},
	}, &cobra.Command{
		Use: "set NAME=VALUE...", Example: "  statemanager facts set vehicle=driving\n  statemanager facts set vehicle=", Short: "Set facts, all or none; NAME= takes one away",
		Args: args(cobra.MinimumNArgs(1)), RunE: func(cmd *cobra.Command, a []string) error {
			values := map[string]string{}
			for _, x := range a {
				name, value, ok := strings.Cut(x, "=")
				if !ok || name == "" {
					return usagef("%q is no NAME=VALUE", x)
				}
				values[name] = value
			}
			return answer(cmd, c, func(ctx context.Context, s *session) (*pb.SetFactsResponse, error) {
				return s.operator.SetFacts(ctx, &pb.SetFactsRequest{Values: values})
			}, factTable)
		},
	})
	return cmd
}

func factTable[M interface{ GetFacts() []*pb.SiteFact }](w io.Writer, m M) error {
	if len(m.GetFacts()) == 0 {
		_, err := fmt.Fprintln(w, "the policy declares no facts of the site")
		return err
	}
	return table(w, "FACT\tVALUE\tMAY BE", func(w io.Writer) {
		for _, f := range m.GetFacts() {
			fmt.Fprintf(w, "%s\t%s\t%s\n", f.Name, orElse(f.Value, "(not set)"), orElse(strings.Join(f.Values, ", "), "(unknown to the policy)"))
		}
	})
}

package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	pb "statemanager/proto/statemanager/v1"
)

func strategyCommand(c *client) *cobra.Command {
	var issue string
	cmd := &cobra.Command{
		Use:     "strategy SERVICE",
		Example: "  statemanager strategy web --issue crash",
		Short:   "Show what recovery would do about an issue of a service, attempt by attempt",
		Long: `Shows what recovery would do about an issue of a service, attempt by attempt, if none helped. Delays count from the end
of the attempt before. An entry that cannot help, such as rollback while no other version is known, is passed over and
takes no attempt: the delays of those after it are then shorter. explain says what is really next.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: ofService(func(cmd *cobra.Command, id *pb.ResourceId, _ []string) error {
			return answer(cmd, c, func(ctx context.Context, s *session) (*pb.RecoveryStrategy, error) {
				return s.states.GetRecoveryStrategy(ctx, &pb.RecoveryStrategyRequest{ResourceId: id, Issue: issue})
			}, strategy)
		}),
	}
	cmd.Flags().StringVar(&issue, "issue", "", "the issue, such as crash; default: the one that its recovery is for, or other: those that have no list of their own")
	return cmd
}

func strategy(w io.Writer, r *pb.RecoveryStrategy) error {
	fmt.Fprintf(w, "profile %s, issue %s (policy %s):\n", r.Profile, r.Issue, short(r.PolicyRevision))
	for i, a := range r.Actions {
		when := "at once"
		if i < len(r.Backoff) && r.Backoff[i].AsDuration() > 0 {
			when = "after " + span(r.Backoff[i].AsDuration())
		}
		fmt.Fprintf(w, "  %d. %s %s\n", i+1, a, when)
	}
	fmt.Fprintf(w, "  then recovery gives up and tells a human\n")
	if why := reasonsText(r.Reasons); why != "" {
		fmt.Fprintf(w, "because %s  [%s]\n", why, placesText(r.Rules))
	}
	return nil
}

func actionsCommand(c *client) *cobra.Command {
	var allowed bool
	var phase string
	var limit uint32
	cmd := &cobra.Command{
		Use:     "actions [SERVICE]",
		Example: "  statemanager actions web\n  statemanager actions web --allowed\n  statemanager actions --phase Degraded",
		Short:   "Show actions in flight and ended ones, or those that a phase allows",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: ofService(func(cmd *cobra.Command, id *pb.ResourceId, _ []string) error {
			switch {
			case phase != "" && id != nil:
				return usagef("give a SERVICE or --phase, not both")
			case allowed && phase == "" && id == nil:
				return usagef("--allowed: name a SERVICE, or give --phase instead")
			case phase != "" || allowed:
				return answer(cmd, c, func(ctx context.Context, s *session) (*pb.AllowedActionsResponse, error) {
					return s.states.GetAllowedActions(ctx, &pb.AllowedActionsRequest{ResourceId: id, Phase: phase})
				}, allowedTable)
			}
			return answer(cmd, c, func(ctx context.Context, s *session) (*pb.ListActionsResponse, error) {
				return s.operator.ListActions(ctx, &pb.ListActionsRequest{ResourceId: id, Limit: limit})
			}, actionTable)
		}),
	}
	cmd.Flags().BoolVar(&allowed, "allowed", false, "show the actions that the policy allows in the phase of SERVICE, instead")
	cmd.Flags().StringVar(&phase, "phase", "", "show the actions that the policy allows in this phase, instead")
	cmd.Flags().Uint32Var(&limit, "limit", 100, "the newest so many ended ones, at most 10000")
	return cmd
}

func allowedTable(w io.Writer, r *pb.AllowedActionsResponse) error {
	fmt.Fprintf(w, "phase %s allows (policy %s):\n", r.Phase, short(r.PolicyRevision))
	return table(w, "ACTION\tRANK\tDISRUPTIVE\tIMPACT\tTAKES\tTIMEOUT", func(w io.Writer) {
		for _, x := range r.Actions {
			fmt.Fprintf(w, "%s\t%d\t%t\t%s\t%s\t%s\n", x.Kind, x.Rank, x.Disruptive, dash(x.Impact), span(x.EstimatedDuration.AsDuration()), span(x.Timeout.AsDuration()))
		}
	})
}

func actionTable(w io.Writer, r *pb.ListActionsResponse) error {
	if len(r.Ended)+len(r.InFlight) == 0 {
		_, err := fmt.Fprintln(w, "no actions yet")
		return err
	}
	return table(w, "SERVICE\tACTION\tKEY\tNODE\tASKED BY\tSTATE\tWHEN\tMESSAGE", func(w io.Writer) {
		for _, x := range append(r.Ended, r.InFlight...) {
			at, state := x.Action.Started, x.Action.State
			if x.Result != "" {
				at, state = x.Ended, x.Result
			}
			fmt.Fprintf(w, "%s\t%s\t%d.%d\t%s\t%s\t%s\t%s\t%s\n", idText(x.ResourceId), dash(x.Action.Kind), x.Action.Epoch, x.Action.Seq, dash(x.Action.Node), dash(x.Action.AskedBy), state, clock(at), dash(x.Message))
		}
	})
}

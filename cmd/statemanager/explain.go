package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "statemanager/proto/statemanager/v1"
)

func explainCommand(c *client) *cobra.Command {
	var n uint32
	cmd := &cobra.Command{
		Use:     "explain SERVICE",
		Example: "  statemanager explain ops/web --decisions 3",
		Short:   "Say how a service stands, why, and what comes next",
		Long: `Says how a service stands, tells its last decisions in sentences with the policy rule (file:line) that made each,
and what comes next and when.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: ofService(func(cmd *cobra.Command, id *pb.ResourceId, _ []string) error {
			return answer(cmd, c, func(ctx context.Context, s *session) (*pb.ExplainResponse, error) {
				return s.operator.Explain(ctx, &pb.ExplainRequest{ResourceId: id, Decisions: n})
			}, explain)
		}),
	}
	cmd.Flags().Uint32Var(&n, "decisions", 10, "how many of its last decisions")
	return cmd
}

func explain(w io.Writer, r *pb.ExplainResponse) error {
	st := r.State.Status
	fmt.Fprintf(w, "%s %s.\n", idText(r.State.Metadata.ResourceId), standing(r.State))
	if len(st.Differences) > 0 {
		fmt.Fprintf(w, "It differs from what is wanted: %s.\n", strings.Join(st.Differences, ", "))
	}
	fmt.Fprintf(w, "\nWhat happened, and why (policy %s decides now):\n", short(r.PolicyRevision))
	told := map[string]bool{}
	for _, e := range r.Entries {
		if d := e.GetDecision(); d != nil {
			for _, why := range d.Reasons {
				told[why.Code] = true
			}
			fmt.Fprintf(w, "  %s  %s\n", clock(e.Time), decisionText(d))
		} else {
			fmt.Fprintf(w, "  %s  %s  %s\n", clock(e.Time), e.GetEvent().GetEventType(), eventText(untold(e.GetEvent(), told)))
		}
	}
	fmt.Fprintf(w, "\nWhat comes next: %s\n", nextText(st.Next, st.Holds))
	for _, h := range st.Holds {
		fmt.Fprintf(w, "  held: %s\n", localTimes(h))
	}
	return nil
}

// untold is an event without the codes of its reasons, if a decision that is shown before it has told them all.
func untold(ev *pb.StateEvent, told map[string]bool) *pb.StateEvent {
	for _, code := range strings.Fields(ev.GetMetadata()["reasons"]) {
		if !told[code] {
			return ev
		}
	}
	out := proto.CloneOf(ev)
	delete(out.GetMetadata(), "reasons")
	return out
}

// standing is how a service stands; of what nobody wants first that (rule 2.6).
func standing(s *pb.ServiceState) string {
	st := s.Status
	switch {
	case st.Broken != "":
		return "cannot be read: " + st.Broken
	case s.Spec != nil:
		return fmt.Sprintf("is %s for %s at %s, %s", dash(st.Phase), since(st.PhaseSince), dash(st.Node), availability(st))
	case st.Phase == "":
		return fmt.Sprintf("was never applied. What is seen of it (instances: %d) is left alone, and adopted once it is applied", st.Replicas)
	}
	return fmt.Sprintf("was deleted, and is %s for %s. What is still seen of it (instances: %d, last wanted at %s) is removed, and then it goes",
		st.Phase, since(st.PhaseSince), st.Replicas, dash(st.Node))
}

func availability(st *pb.ServiceStatus) string {
	switch {
	case st.Isolated:
		return "isolated, not available"
	case st.Available:
		return fmt.Sprintf("available with %d ready", st.AvailableReplicas)
	}
	return "not available"
}

// nextText is what comes next, when and why, unless what holds the service says why already.
func nextText(n *pb.NextStep, holds []string) string {
	text := n.GetWhat()
	if n.GetAt() != nil {
		text += " at " + clock(n.At)
		if d := time.Until(n.At.AsTime()); d > 0 {
			text += " (in " + d.Round(100*time.Millisecond).String() + ")"
		}
	}
	if why := reasonsText(n.GetWhy()); why != "" && !strings.Contains(strings.Join(holds, "\n"), why) {
		text += ", because " + why
	}
	return text + "."
}

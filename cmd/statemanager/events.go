package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	pb "statemanager/proto/statemanager/v1"
)

func eventsCommand(c *client) *cobra.Command {
	var decisions bool
	var limit uint32
	cmd := &cobra.Command{
		Use:     "events [SERVICE]",
		Example: "  statemanager events --limit 20\n  statemanager events web --decisions",
		Short:   "Show what happened, oldest first",
		Args:    args(cobra.MaximumNArgs(1)),
		RunE: ofService(func(cmd *cobra.Command, id *pb.ResourceId, _ []string) error {
			return answer(cmd, c, func(ctx context.Context, s *session) (*pb.ListEventsResponse, error) {
				return s.operator.ListEvents(ctx, &pb.ListEventsRequest{ResourceId: id, Decisions: decisions, Limit: limit})
			}, eventTable)
		}),
	}
	cmd.Flags().BoolVar(&decisions, "decisions", false, "show the decisions of policy too")
	cmd.Flags().Uint32Var(&limit, "limit", 100, "the newest so many, at most 10000")
	return cmd
}

func eventTable(w io.Writer, r *pb.ListEventsResponse) error {
	if len(r.Entries) == 0 {
		_, err := fmt.Fprintln(w, "no events yet")
		return err
	}
	return table(w, "TIME\tSERVICE\tEVENT\tSOURCE\tWHAT", func(w io.Writer) {
		for _, e := range r.Entries {
			entryRow(w, e)
		}
	})
}

func entryRow(w io.Writer, e *pb.HistoryEntry) {
	who := "cell"
	if e.ResourceId != nil {
		who = idText(e.ResourceId)
	}
	if d := e.GetDecision(); d != nil {
		fmt.Fprintf(w, "%s\t%s\tdecision\tpolicy\t%s\n", clock(e.Time), who, decisionText(d))
		return
	}
	ev := e.GetEvent()
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", clock(e.Time), who, ev.GetEventType(), ev.GetSource(), eventText(ev))
}

// eventText is what an event tells, in one line.
func eventText(ev *pb.StateEvent) string {
	var parts []string
	for _, ch := range ev.GetChanges() {
		if ch.Field == "ladder" { // the type of the event says so
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: %s -> %s", ch.Field, dash(ch.OldValue), dash(ch.NewValue)))
	}
	for _, k := range slices.Sorted(maps.Keys(ev.GetMetadata())) {
		if v := ev.Metadata[k]; v != "" && (k != "reasons" || v != ev.Metadata["trigger"]) {
			parts = append(parts, k+"="+localTimes(v))
		}
	}
	return strings.Join(parts, "  ")
}

// decisionText is a decision in one line: what was asked, the answer, why, by which rules, under which policy.
func decisionText(d *pb.PolicyDecision) string {
	if d.FailSafe != "" {
		return fmt.Sprintf("%s could not be asked (%s): the safe answer applies", d.Entrypoint, d.FailSafe)
	}
	text := d.Entrypoint + ": " + answerText(d)
	if why := reasonsText(d.Reasons); why != "" {
		text += " because " + why
	}
	if len(d.Rules) > 0 {
		text += "  [" + placesText(d.Rules) + "]"
	}
	return text + "  (policy " + short(d.PolicyRevision) + ")"
}

// answerText is the answer of policy as a human says it.
func answerText(d *pb.PolicyDecision) string {
	a := d.Answer
	switch d.Entrypoint {
	case "planning.plan":
		switch {
		case a["issue"] != "":
			return "recovery is needed for " + a["issue"]
		case a["actions"] != "":
			return strings.ReplaceAll(a["actions"], " ", ", then ")
		}
		return "nothing to do"
	case "transition.decision":
		if a["allow"] == "true" {
			return d.Facts["phase"] + " to " + a["to"]
		}
		return "stay in " + d.Facts["phase"]
	case "recovery.decision":
		text := strings.ReplaceAll(a["action"], "give_up", "give up")
		if a["after"] != "" && a["after"] != "0s" {
			text += " after " + a["after"]
		}
		return text
	case "dispatch.verdict":
		return a["verdict"] + " " + d.Facts["action"]
	case "stability.issues":
		return dash(a["issues"])
	}
	return fmt.Sprint(a)
}

// placesText are places in policy, FILE:LINE each, with the lines of a file together.
func placesText(rules []string) string {
	var out []string
	last := ""
	for _, r := range rules {
		file, line, _ := strings.Cut(r, ":")
		if file == last {
			out[len(out)-1] += "," + line
		} else {
			out = append(out, r)
		}
		last = file
	}
	return strings.Join(out, " ")
}

func reasonsText(rs []*pb.Reason) string {
	var parts []string
	for _, r := range rs {
		parts = append(parts, localTimes(orElse(r.Text, r.Code)))
	}
	return strings.Join(parts, "; ")
}

func orElse(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func short(revision string) string { return revision[:min(len(revision), 12)] }

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "statemanager/proto/statemanager/v1"
)

func watchCommand(c *client) *cobra.Command {
	q := &pb.StateSubscriptionRequest{Filter: &pb.EventFilter{}}
	limit, once := uint(0), false
	cmd := &cobra.Command{
		Use:   "watch [SERVICE...]",
		Short: "Show what happens, as it happens",
		Long: `Shows events as they are stored, none left out, until it is interrupted. Each line begins with the revision of the
store: --since goes on after one, so that nothing is missed in between. With -o json it writes one object a line, with
-o yaml one document each.

When the daemon stops, or another leads, it waits and goes on after the last revision that it has seen: standard error says
so. It ends with an error if what came next is not kept any more.`,
		Example: "  statemanager watch web --type phase_changed",
		RunE: func(cmd *cobra.Command, a []string) error {
			for _, x := range a {
				id, err := resource(x)
				if err != nil {
					return err
				}
				q.Filter.ResourceIds = append(q.Filter.ResourceIds, id)
			}
			w := &watching{c: c, cmd: cmd, q: q, left: limit, once: once}
			return c.stream(cmd.Context(), w.run)
		},
	}
	f := cmd.Flags()
	f.Int64Var(&q.AfterRevision, "since", 0, "begin with what was stored after this revision; 0: with what comes")
	f.StringSliceVar(&q.Filter.EventTypes, "type", nil, "only events of these types, such as phase_changed")
	f.StringSliceVar(&q.Filter.Sources, "source", nil, "only events of these sources: operator, node_agent, action_controller, policy or engine")
	f.StringSliceVarP(&q.Filter.Namespaces, "namespace", "n", nil, "only services of these namespaces")
	f.BoolVar(&q.Decisions, "decisions", false, "show the decisions of policy too")
	f.UintVar(&limit, "limit", 0, "end after so many lines; 0: never")
	f.BoolVar(&once, "once", false, "end with exit code 4 when the daemon stops, rather than wait for it")
	return cmd
}

func (c *client) watched(w io.Writer, revision int64, e *pb.HistoryEntry) error {
	if c.output == "table" {
		who, what, source := "cell", "decision", "policy"
		if e.ResourceId != nil {
			who = idText(e.ResourceId)
		}
		text := ""
		if d := e.GetDecision(); d != nil {
			text = decisionText(d)
		} else {
			what, source, text = e.GetEvent().GetEventType(), e.GetEvent().GetSource(), eventText(e.GetEvent())
		}
		_, err := fmt.Fprintf(w, "%d  %s  %s  %s  %s  %s\n", revision, clock(e.Time), who, what, source, text)
		return err
	}
	return c.streamed(w, &pb.StateChangeEvent{Revision: revision, Entries: []*pb.HistoryEntry{e}})
}

// streamed writes one message of many: as a line of JSON, or as a document of YAML.
func (c *client) streamed(w io.Writer, m proto.Message) error {
	out, err := jsonOf(m)
	if err != nil {
		return err
	}
	if c.output == "yaml" {
		fmt.Fprintln(w, "---")
		return writeYAML(w, out.Bytes())
	}
	var line bytes.Buffer
	if err := json.Compact(&line, out.Bytes()); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err = fmt.Fprintln(w, line.String())
	return err
}

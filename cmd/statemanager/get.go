package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	pb "statemanager/proto/statemanager/v1"
)

func getCommand(c *client) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "get [SERVICE]",
		Short: "Show services or nodes, or all of one service",
		Long: `Shows services or nodes, or all that is known of one service, best with -o yaml: how it stands, its conditions, the
history of its phases, figures of its stability, its plan, and how the last work for it ended.`,
		Example: "  statemanager get services\n  statemanager get web -o yaml",
		Args:    args(cobra.MaximumNArgs(1)), SuggestFor: []string{"list", "ls", "show", "status", "services", "nodes"},
		RunE: func(cmd *cobra.Command, a []string) error {
			if len(a) == 0 {
				return usagef("name a SERVICE, or say services or nodes; see: %s --help", cmd.CommandPath())
			}
			return c.getOne(cmd, a[0])
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use: "services [SERVICE]", Example: "  statemanager get services\n  statemanager get services ops/web -o json", Aliases: []string{"service", "svc"}, Short: "Show services: phase, instances, recovery and what holds them",
		Args: args(cobra.MaximumNArgs(1)), RunE: func(cmd *cobra.Command, a []string) error { return c.getServices(cmd, a) },
	}, &cobra.Command{
		Use: "nodes", Aliases: []string{"node"}, Short: "Show nodes: state and since when, what they say of themselves, addresses",
		Args: args(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error { return c.getNodes(cmd) },
	})
	return cmd
}

// query reads all pages of a state query.
func query(ctx context.Context, s *session, q *pb.StateQueryRequest) (*pb.StateQueryResponse, error) {
	all := &pb.StateQueryResponse{}
	for {
		resp, err := s.states.QueryState(ctx, q)
		if err != nil {
			return nil, err
		}
		all.Services, all.Nodes = append(all.Services, resp.Services...), resp.Nodes
		if q.PageToken = resp.NextPageToken; q.PageToken == "" {
			return all, nil
		}
	}
}

func (c *client) getServices(cmd *cobra.Command, a []string) error {
	q := &pb.StateQueryRequest{}
	if len(a) == 1 {
		id, err := resource(a[0])
		if err != nil {
			return err
		}
		q.ResourceIds = []*pb.ResourceId{id}
	}
	return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
		resp, err := query(ctx, s, q)
		if err != nil {
			return err
		}
		resp.Nodes = nil
		if c.output != "table" {
			return c.print(cmd, resp)
		}
		if err := sayPaused(ctx, cmd.OutOrStdout(), s); err != nil {
			return err
		}
		if len(resp.Services) == 0 {
			fmt.Fprintln(cmd.OutOrStdout(), "no services; set one with: statemanager apply -f FILE")
			return nil
		}
		return serviceTable(cmd.OutOrStdout(), resp.Services)
	})
}

func serviceTable(w io.Writer, services []*pb.ServiceState) error {
	return table(w, "SERVICE\tPHASE\tREADY\tNODE\tVERSION\tRECOVERY\tSINCE\tHELD", func(w io.Writer) {
		for _, x := range services {
			serviceRow(w, x)
		}
	})
}

// sayPaused says so above a table while the cell is paused.
func sayPaused(ctx context.Context, w io.Writer, s *session) error {
	v, err := s.operator.GetVersion(ctx, &pb.GetVersionRequest{})
	if err == nil && v.PausedSince != nil {
		at := localTimes(v.PausedSince.AsTime().Format(time.RFC3339))
		fmt.Fprintf(w, "reconciliation is stopped since %s: nothing but notices is sent until `statemanager resume`\n\n", at)
	}
	return err
}

// getOne shows all of one service.
func (c *client) getOne(cmd *cobra.Command, name string) error {
	id, err := resource(name)
	if err != nil {
		return err
	}
	return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
		resp, err := query(ctx, s, &pb.StateQueryRequest{ResourceIds: []*pb.ResourceId{id}})
		switch {
		case err != nil:
			return err
		case len(resp.Services) != 1:
			return fmt.Errorf("get %s: the daemon shows %d services of this name", idText(id), len(resp.Services))
		case c.output != "table":
			return c.print(cmd, resp.Services[0])
		}
		return printYAML(cmd, resp.Services[0]) // there is no table of one
	})
}

func serviceRow(w io.Writer, x *pb.ServiceState) {
	st := x.Status
	wanted := uint32(0)
	if x.Spec != nil {
		wanted = x.Spec.GetReplicas()
	}
	ready := strconv.Itoa(int(st.AvailableReplicas))
	if st.AvailableReplicas > 0 && !st.Available {
		ready = "?" // its node is silent: that is what was seen last
	}
	fmt.Fprintf(w, "%s\t%s\t%s/%d\t%s\t%s\t%s\t%s\t%s\n", idText(x.Metadata.ResourceId), dash(st.Phase), ready, wanted, dash(st.Node), dash(st.Version), recoveryText(st), since(st.PhaseSince), heldText(st.Holds))
}

// heldText is the first of what holds a service, without its reasons if those are long, and how many others there are.
func heldText(holds []string) string {
	if len(holds) == 0 {
		return "-"
	}
	text := localTimes(holds[0])
	if len(text) > 100 { // explain has all
		text, _, _ = strings.Cut(text, " (")
	}
	if len(holds) > 1 {
		text += fmt.Sprintf(" (and %d more)", len(holds)-1)
	}
	return text
}

// recoveryText is recovery in a word or two.
func recoveryText(st *pb.ServiceStatus) string {
	switch {
	case st.Broken != "":
		return "held: " + st.Broken
	case len(st.Actions) > 0:
		return st.Actions[0].Kind + " " + st.Actions[0].State
	case st.Recovery == nil:
		return "-"
	case st.Recovery.State == "closed":
		return "gave up: " + st.Recovery.Issue
	case st.Recovery.State == "idle": // its attempts are kept until the service is stable
		return "watched: " + st.Recovery.Issue
	}
	return "recovering: " + st.Recovery.Issue
}

func (c *client) getNodes(cmd *cobra.Command) error {
	return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
		resp, err := query(ctx, s, &pb.StateQueryRequest{})
		if err != nil {
			return err
		}
		resp.Services = nil
		if c.output != "table" {
			return c.print(cmd, resp)
		}
		if len(resp.Nodes) == 0 {
			fmt.Fprintln(cmd.OutOrStdout(), "no nodes; name them under nodes: in the daemon's configuration")
			return nil
		}
		if err := sayPaused(ctx, cmd.OutOrStdout(), s); err != nil {
			return err
		}
		return nodeTable(cmd.OutOrStdout(), resp.Nodes)
	})
}

// table writes rows under a header in aligned columns.
func table(out io.Writer, header string, rows func(io.Writer)) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, header)
	rows(w)
	return w.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

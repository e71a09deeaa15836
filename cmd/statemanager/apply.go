package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "statemanager/proto/statemanager/v1"
)

func applyCommand(c *client) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Set what is wanted of services",
		Long: `Sets the desired specs of all services of a YAML file; "-" reads standard input. It answers once that is durable.

The whole file is checked first, by the daemon too: if it would refuse one service, none is changed. A circle of
dependencies is refused, and a service that stands there twice. The namespace is "default", and that of a dependency its
service's, where the file does not say it.`,
		Example: "  statemanager apply -f examples/services/web.yaml",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usagef("no file: give one with -f FILE")
			}
			all, err := readServices(file, cmd.InOrStdin())
			if err != nil {
				return err
			}
			return c.call(cmd.Context(), func(ctx context.Context, s *session) error { return c.apply(ctx, cmd, s, all) })
		},
	}
	cmd.Flags().StringVarP(&file, "filename", "f", "", "service file, or - for standard input")
	return cmd
}

// apply has the daemon look at all specs before it takes the first.
func (c *client) apply(ctx context.Context, cmd *cobra.Command, s *session, all []fileSpec) error {
	for _, f := range all {
		if _, err := s.states.UpdateState(ctx, &pb.StateUpdateRequest{ResourceId: f.ResourceId, Spec: f.Spec, DryRun: true}); err != nil {
			return f.blame(err)
		}
	}
	for _, f := range all {
		if err := c.update(ctx, cmd, s, f.StateUpdateRequest); err != nil {
			return f.blame(err)
		}
	}
	return nil
}

// blame says which service of which file was refused.
func (f fileSpec) blame(err error) error {
	if st := status.Convert(err); st.Code() != codes.Unavailable && st.Code() != codes.DeadlineExceeded {
		return status.Errorf(st.Code(), "%s: %s: %s", f.at, idText(f.ResourceId), st.Message())
	}
	return err
}

func deleteCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:     "delete SERVICE",
		Example: "  statemanager delete web",
		Short:   "Want a service no more",
		Long:    "Removes the desired spec of a service. Its instances are removed, and it goes once their removal has been seen.",
		Args:    args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			id, err := resource(a[0])
			if err != nil {
				return err
			}
			return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
				return c.update(ctx, cmd, s, &pb.StateUpdateRequest{ResourceId: id})
			})
		},
	}
}

func (c *client) update(ctx context.Context, cmd *cobra.Command, s *session, r *pb.StateUpdateRequest) error {
	resp, err := s.states.UpdateState(ctx, r)
	if err != nil {
		return err
	}
	if c.output != "table" {
		return c.print(cmd, resp)
	}
	what := strings.ToLower(strings.TrimPrefix(resp.Change.String(), "CHANGE_"))
	if resp.Generation != 0 {
		what += fmt.Sprintf(" (generation %d)", resp.Generation)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s %s\n", idText(r.ResourceId), what)
	for _, n := range resp.Notes {
		fmt.Fprintf(cmd.OutOrStdout(), "  %s\n", localTimes(n))
	}
	return nil
}

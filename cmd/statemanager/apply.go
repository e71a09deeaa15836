package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "statemanager/proto/statemanager/v1"
)

func applyCommand(c *client) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Set what is wanted of services",
		Long: `Sets the desired specs of all services of a YAML file; "-" reads standard input. It answers once that is durable.

Whole files are checked before anything is sent. A circle of dependencies is refused.`,
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
			return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
				for _, r := range all {
					if err := c.update(ctx, cmd, s, r); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	cmd.Flags().StringVarP(&file, "filename", "f", "", "service file, or - for standard input")
	return cmd
}

func deleteCommand(c *client) *cobra.Command {
	return &cobra.Command{
		Use:   "delete SERVICE",
		Short: "Want a service no more",
		Long:  "Removes the desired spec of a service. Its instances are removed, and it goes once their removal has been seen.",
		Args:  args(cobra.ExactArgs(1)),
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
	if c.output == "json" {
		return printJSON(cmd, resp)
	}
	what := strings.ToLower(strings.TrimPrefix(resp.Change.String(), "CHANGE_"))
	fmt.Fprintf(cmd.OutOrStdout(), "%s %s (revision %d)\n", idText(r.ResourceId), what, resp.Revision)
	for _, n := range resp.Notes {
		fmt.Fprintf(cmd.OutOrStdout(), "  %s\n", n)
	}
	return nil
}

func retryCommand(c *client) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "retry SERVICE",
		Short: "Start the recovery of a service afresh",
		Long:  "Ends the recovery that was given up, its counters and isolation, so that it starts from its first action again.",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, a []string) error {
			id, err := resource(a[0])
			if err != nil {
				return err
			}
			return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
				resp, err := s.operator.Retry(ctx, &pb.RetryRequest{ResourceId: id, DropOverrides: all})
				if err != nil {
					return err
				}
				if c.output == "json" {
					return printJSON(cmd, resp)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", idText(id), resp.Text)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&all, "overrides", false, "drop all that recovery has changed, not isolation alone")
	return cmd
}

// printJSON writes a message as JSON. The library varies its spaces on purpose: they are made equal.
func printJSON(cmd *cobra.Command, m proto.Message) error {
	raw, err := protojson.MarshalOptions{EmitUnpopulated: true, UseProtoNames: true}.Marshal(m)
	var out bytes.Buffer
	if err == nil {
		err = json.Indent(&out, raw, "", "  ")
	}
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), out.String())
	return err
}

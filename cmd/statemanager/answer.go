package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"

	pb "statemanager/proto/statemanager/v1"
)

// answer asks the daemon, and prints what it says: as --output says, a table by the function given.
func answer[M proto.Message](cmd *cobra.Command, c *client, ask func(context.Context, *session) (M, error), show func(io.Writer, M) error) error {
	return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
		m, err := ask(ctx, s)
		switch {
		case err != nil:
			return err
		case c.output != "table":
			return c.print(cmd, m)
		}
		return show(cmd.OutOrStdout(), m)
	})
}

// ofService is the work of a command whose first argument is a SERVICE; nil where none is given.
func ofService(work func(*cobra.Command, *pb.ResourceId, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, a []string) (err error) {
		var id *pb.ResourceId
		if len(a) > 0 {
			id, err = resource(a[0])
		}
		if err != nil {
			return err
		}
		return work(cmd, id, a)
	}
}

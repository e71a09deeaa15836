package main

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	pb "statemanager/proto/statemanager/v1"
)

// version is set by the Makefile.
var version string

// buildVersion is the version of this program, from the build where the Makefile did not set it.
func buildVersion() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return short(s.Value)
			}
		}
	}
	return "unknown"
}

func versionCommand(c *client) *cobra.Command {
	var server bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version of this program, and with --server of the daemon",
		Args:  args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !server && c.output != "table" {
				return c.printValue(cmd.OutOrStdout(), map[string]string{"version": buildVersion()})
			}
			if !server {
				fmt.Fprintln(cmd.OutOrStdout(), "statemanager", buildVersion())
				return nil
			}
			return c.call(cmd.Context(), func(ctx context.Context, s *session) error {
				var who peer.Peer // the leader, where the one that was asked stands by
				v, err := s.operator.GetVersion(ctx, &pb.GetVersionRequest{}, grpc.Peer(&who))
				if err != nil {
					return err
				}
				if c.output != "table" {
					return c.print(cmd, v)
				}
				fmt.Fprintf(cmd.OutOrStdout(), "daemon %s at %s, cell %s, leads for %s%s\n", v.Version, who.Addr, v.Cell, since(v.LeadingSince), pausedText(v))
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&server, "server", false, "ask the daemon")
	return cmd
}

// pausedText says that reconciliation is paused.
func pausedText(v *pb.GetVersionResponse) string {
	if v.PausedSince == nil {
		return ""
	}
	return ", reconciliation is stopped for " + since(v.PausedSince)
}

package main

import (
	"errors"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"statemanager/examples/demo"
	"statemanager/examples/monitor"
	"statemanager/examples/node"
)

func exampleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "example",
		Short:   "Run an example node or MonitoringServer to try the daemon with",
		GroupID: "daemon",
		Args:    args(cobra.NoArgs),
		RunE:    needsCommand,
	}
	cmd.AddCommand(exampleNode(), exampleMonitor())
	return cmd
}

func exampleNode() *cobra.Command {
	var c node.Config
	var custom map[string]string
	cmd := &cobra.Command{
		Use:     "node --id ID --dir DIR [--listen HOST:PORT]",
		Example: "  statemanager example node --id n1 --dir /tmp/n1",
		Short:   "A NodeAgent and an ActionController that run services as processes of this machine",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.ID == "" || c.Dir == "" {
				return usagef("give the node an id and a directory; usage: %s", cmd.UseLine())
			}
			c.Log, c.Custom = exampleLogger(cmd), map[string][]string{}
			for name, line := range custom {
				c.Custom[name] = []string{"/bin/sh", "-c", line}
			}
			return node.Run(cmd.Context(), c)
		},
	}
	cmd.Flags().StringVar(&c.ID, "id", "", "id of the node, as the daemon's configuration names it")
	cmd.Flags().StringVar(&c.Listen, "listen", "127.0.0.1:7601", "loopback HOST:PORT of both services")
	cmd.Flags().StringVar(&c.Dir, "dir", "", "directory for its ledger, and the logs and files of services")
	cmd.Flags().StringToStringVar(&c.Labels, "label", nil, "labels of the node: KEY=VALUE,...")
	cmd.Flags().Uint32Var(&c.Capacity, "capacity", 0, "how many services fit; 0: any number")
	cmd.Flags().StringToStringVar(&custom, "custom", nil, "actions that only this node knows: NAME=COMMAND, a line of shell")
	return cmd
}

func exampleMonitor() *cobra.Command {
	var c monitor.Config
	cmd := &cobra.Command{
		Use:     "monitor --file FILE [--listen HOST:PORT]",
		Example: "  statemanager example monitor --file /tmp/alerts.jsonl",
		Short:   "A MonitoringServer that appends each alert to a file, once",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.File == "" {
				return usagef("no file for the alerts; usage: %s", cmd.UseLine())
			}
			c.Log = exampleLogger(cmd)
			return monitor.Run(cmd.Context(), c)
		},
	}
	cmd.Flags().StringVar(&c.Listen, "listen", "127.0.0.1:7602", "loopback HOST:PORT")
	cmd.Flags().StringVar(&c.File, "file", "", "file that alerts are appended to")
	return cmd
}

func exampleLogger(cmd *cobra.Command) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: cmd.Name(), Level: hclog.Info, Output: cmd.ErrOrStderr()})
}

func demoCommand() *cobra.Command {
	var o demo.Options
	cmd := &cobra.Command{
		Use:     "demo",
		Short:   "Show the main job: a daemon, two nodes and real processes that are broken on purpose",
		GroupID: "daemon",
		Long: `Starts a daemon on embedded etcd, two example nodes and an example MonitoringServer on free loopback ports, breaks
services on purpose and shows what is done about it and why. It ends within two minutes; the exit code is 0 only if all
went as it should.`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out = cmd.OutOrStdout()
			err := demo.Run(cmd.Context(), o)
			if errors.Is(err, demo.ErrNoScenario) {
				return usagef("--only: %w", err)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&o.Report, "report", "", "write one JSON object a scenario to this file")
	cmd.Flags().BoolVar(&o.Keep, "keep", false, "stay up afterwards, and say what to try by hand")
	cmd.Flags().StringVar(&o.Dir, "dir", "", "directory for everything; default: a temporary one, removed at the end")
	cmd.Flags().StringSliceVar(&o.Only, "only", nil, "only these scenarios: "+demo.Names())
	return cmd
}

package main

import (
	"context"
	"errors"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"

	"statemanager/engine/runner"
)

func runCommand() *cobra.Command {
	var file string
	var insecure bool
	cmd := &cobra.Command{
		Use:     "run --config FILE",
		Short:   "Run the daemon",
		GroupID: "daemon",
		Long: `Runs the daemon until SIGINT or SIGTERM. What is under way then goes on with the next start.

It logs on standard error. Plain text is refused off loopback, unless --insecure allows it.

The configuration file is strict YAML; examples/statemanager.yaml has every key. Environment variables go before it, lists
with commas between their values; one that begins with STATEMANAGER_ and is not known is an error:

` + variablesText(),
		Example: "  statemanager run --config statemanager.yaml",
		Args:    args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return usagef("no configuration: give one with --config FILE")
			}
			cfg, err := loadConfig(file)
			if err != nil {
				return err
			}
			return cfg.source.place(runDaemon(cmd.Context(), cfg, insecure, newLogger(cfg.Log)))
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration file")
	cmd.Flags().BoolVar(&insecure, "insecure", false, "allow plain text off loopback, for the listener and for every client")
	return cmd
}

func newLogger(c LogConfig) hclog.Logger {
	return hclog.New(&hclog.LoggerOptions{Name: "statemanager", Level: hclog.LevelFromString(c.Level), JSONFormat: c.JSON, Output: os.Stderr})
}

// runDaemon runs a daemon until ctx ends, which is no error, or it cannot go on. One that has lost its lead, because it
// was paused or cut off for longer than its lease, drops all that it knows and stands for election again.
func runDaemon(ctx context.Context, cfg *Config, insecure bool, log hclog.Logger) error {
	for {
		err := runTerm(ctx, &daemon{cfg: cfg, insecure: insecure, log: log})
		if !errors.Is(err, runner.ErrDeposed) {
			return err
		}
		log.Warn("the lead was lost: this daemon stands for election again", "cell", cfg.Cell)
	}
}

// runTerm runs a daemon for as long as it leads.
func runTerm(ctx context.Context, d *daemon) error {
	err := d.start(ctx)
	if err == nil {
		err = d.wait(ctx)
	}
	if ctx.Err() != nil {
		d.log.Info("daemon stops")
		err = nil // what a start says that was interrupted
	}
	if stop := d.stop(); stop != nil {
		d.log.Error("stop is not clean", "error", stop)
	}
	return err
}

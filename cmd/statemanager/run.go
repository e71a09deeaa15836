package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/spf13/cobra"
)

func runCommand() *cobra.Command {
	var file string
	var insecure bool
	cmd := &cobra.Command{
		Use:     "run --config FILE",
		Short:   "Run the daemon",
		GroupID: "daemon",
		Long: `Runs the daemon until SIGINT or SIGTERM. What is under way then goes on with the next start.

It logs on standard error. Plain text is refused off loopback, unless --insecure allows it.`,
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
			log, err := newLogger(cfg.Log)
			if err != nil {
				return usagef("%s: %w", file, err)
			}
			return runDaemon(cmd.Context(), cfg, insecure, log)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration file")
	cmd.Flags().BoolVar(&insecure, "insecure", false, "allow plain text off loopback, for the listener and for every client")
	return cmd
}

func newLogger(c LogConfig) (hclog.Logger, error) {
	level := hclog.LevelFromString(c.Level)
	if level == hclog.NoLevel {
		return nil, fmt.Errorf("log.level: %q is none of trace, debug, info, warn and error", c.Level)
	}
	return hclog.New(&hclog.LoggerOptions{Name: "statemanager", Level: level, JSONFormat: c.JSON, Output: os.Stderr}), nil
}

// runDaemon runs a daemon until ctx ends, which is no error, or it cannot go on.
func runDaemon(ctx context.Context, cfg *Config, insecure bool, log hclog.Logger) error {
	d := &daemon{cfg: cfg, insecure: insecure, log: log}
	err := d.start(ctx)
	if err == nil {
		err = d.wait(ctx)
	}
	if ctx.Err() != nil {
		log.Info("daemon stops")
		err = nil // what a start says that was interrupted
	}
	if stop := d.stop(); stop != nil {
		log.Error("stop is not clean", "error", stop)
	}
	return err
}

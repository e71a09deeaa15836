package main

import (
	"context"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/rogpeppe/go-internal/testscript"

	pb "statemanager/proto/statemanager/v1"
)

// TestOperator runs the scripts of an operator at a running daemon, one after the other. There is no node: what is wanted
// waits.
func TestOperator(t *testing.T) {
	cfg := testConfig(t)
	cfg.Nodes = []NodeConfig{{"n1", free(t), free(t)}}
	startDaemon(t, cfg, hclog.NewNullLogger())
	eventually(t, "the daemon", func() bool {
		c := &client{address: cfg.Listen, output: "table", timeout: 5 * time.Second}
		return c.call(t.Context(), func(ctx context.Context, s *session) error {
			_, err := s.operator.GetFacts(ctx, &pb.GetFactsRequest{})
			return err
		}) == nil
	})
	testscript.Run(t, testscript.Params{
		Dir: "testdata/daemon",
		Setup: func(env *testscript.Env) error {
			env.Setenv("STATEMANAGER_ADDRESS", cfg.Listen)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

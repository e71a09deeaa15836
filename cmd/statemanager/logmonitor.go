package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/go-hclog"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// logMonitor is the receiver of notices while no MonitoringServer is configured: what it has logged is accepted. After a
// crash a notice may be logged again, with the same key.
type logMonitor struct{ log hclog.Logger }

// SendMetrics drops the figures: nobody asks for them.
func (logMonitor) SendMetrics(context.Context, runner.Metrics) error { return nil }

// SendAlert logs a notice.
func (m logMonitor) SendAlert(_ context.Context, n engine.Notice) error {
	origin := "policy"
	if n.Alert {
		origin = "engine"
	}
	m.log.Warn("notice", "code", n.Code, "text", n.Text, "origin", origin, "key", fmt.Sprintf("%d.%d", n.Key.Epoch, n.Key.Seq))
	return nil
}

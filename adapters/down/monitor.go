package down

import (
	"context"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// Monitor is a MonitoringServer that cannot be reached. It implements runner.Monitor.
type Monitor struct{}

var errMonitor = &engine.Error{Kind: engine.Unavailable, Text: "reach monitoring server: it is down"}

// SendAlert fails.
func (Monitor) SendAlert(context.Context, engine.Notice) error { return errMonitor }

// SendMetrics fails.
func (Monitor) SendMetrics(context.Context, runner.Metrics) error { return errMonitor }

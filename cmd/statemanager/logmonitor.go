package main

import (
	"context"
	"sync"

	"github.com/hashicorp/go-hclog"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// logMonitor stands in while no MonitoringServer is configured: it accepts nothing, so every notice stays in its outbox
// until one is, and logs each once. It is safe for concurrent use.
type logMonitor struct {
	log  hclog.Logger
	mu   sync.Mutex
	told map[engine.NoticeKey]bool
}

func newLogMonitor(log hclog.Logger) *logMonitor {
	return &logMonitor{log: log, told: map[engine.NoticeKey]bool{}}
}

// SendMetrics drops the figures: nobody asks for them.
func (m *logMonitor) SendMetrics(context.Context, runner.Metrics) error { return nil }

// SendAlert is always Unavailable.
func (m *logMonitor) SendAlert(_ context.Context, n engine.Notice) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.told[n.Key] {
		m.told[n.Key] = true
		m.log.Warn("notice is kept: no monitoring.address is configured", "code", n.Code, "text", n.Text)
	}
	return &engine.Error{Kind: engine.Unavailable, Text: "send alert: no monitoring.address is configured"}
}

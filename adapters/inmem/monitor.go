package inmem

import (
	"context"
	"slices"
	"sync"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// Monitor is a MonitoringServer in memory: it shows each key once (rule 3.6). It implements runner.Monitor, is safe for
// concurrent use, and its zero value is ready to use.
type Monitor struct {
	mu    sync.Mutex
	keys  map[engine.NoticeKey]bool
	shown []engine.Notice
	last  runner.Metrics
}

// SendAlert accepts a notice; one whose key was accepted before changes nothing.
func (m *Monitor) SendAlert(_ context.Context, n engine.Notice) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.keys[n.Key] {
		return nil
	}
	if m.keys == nil {
		m.keys = map[engine.NoticeKey]bool{}
	}
	m.keys[n.Key] = true
	m.shown = append(m.shown, n)
	return nil
}

// SendMetrics takes figures; the newest alone are kept.
func (m *Monitor) SendMetrics(_ context.Context, x runner.Metrics) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = x
	return nil
}

// Metrics are the newest figures.
func (m *Monitor) Metrics() runner.Metrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// Shown are the notices that were accepted, in their order.
func (m *Monitor) Shown() []engine.Notice {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.shown)
}

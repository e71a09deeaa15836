package inmem

import (
	"context"
	"slices"
	"sync"

	"statemanager/engine"
)

// Monitor is a MonitoringServer in memory: it shows each key once (rule 3.6). It implements runner.Monitor, is safe for
// concurrent use, and its zero value is ready to use.
type Monitor struct {
	mu    sync.Mutex
	keys  map[engine.NoticeKey]bool
	shown []engine.Notice
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

// Shown are the notices that were accepted, in their order.
func (m *Monitor) Shown() []engine.Notice {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.shown)
}

package node

import (
	"context"
	"sync"
)

// turns lets one action at a time work on a service. The zero value is ready.
type turns struct {
	mu    sync.Mutex
	taken map[serviceID]chan struct{}
}

// take waits for the turn of a service; release gives it back.
func (t *turns) take(ctx context.Context, id serviceID) (release func(), err error) {
	t.mu.Lock()
	if t.taken == nil {
		t.taken = map[serviceID]chan struct{}{}
	}
	turn := t.taken[id]
	if turn == nil {
		turn = make(chan struct{}, 1)
		t.taken[id] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

package runner

import (
	"sync"

	"statemanager/engine"
)

// Subscription is a stream of events: each once it is durable, none left out. Events is closed when it ends.
type Subscription struct {
	Events <-chan engine.StateEvent
	events chan engine.StateEvent
	of     *subscribers
	err    error
}

// Subscribe begins a stream with the next event. Close it.
func (r *Runner) Subscribe() *Subscription { return r.subs.add() }

// Err is why Events was closed: the subscriber was too slow, or the runner has stopped; nil after Close.
func (s *Subscription) Err() error {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	return s.err
}

// Close ends the stream. It may be called again.
func (s *Subscription) Close() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.cut(s, nil)
}

// subscribers are the streams that are open. The zero value has none.
type subscribers struct {
	mu     sync.Mutex
	open   map[*Subscription]bool
	closed error
}

func (b *subscribers) add() *Subscription {
	c := make(chan engine.StateEvent, maxEvents)
	s := &Subscription{Events: c, events: c, of: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[*Subscription]bool{}
	}
	b.open[s] = true
	if b.closed != nil {
		b.cut(s, b.closed)
	}
	return s
}

// publish never waits: who is too far behind is cut off, and can read the history.
func (b *subscribers) publish(ev engine.StateEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.open {
		select {
		case s.events <- ev:
		default:
			b.cut(s, unavailable("the subscriber is %d events behind: read the history and subscribe again", maxEvents))
		}
	}
}

// close ends all streams, and those to come.
func (b *subscribers) close(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = err
	for s := range b.open {
		b.cut(s, err)
	}
}

// cut ends one; the caller holds the lock.
func (b *subscribers) cut(s *Subscription, err error) {
	if b.open[s] {
		delete(b.open, s)
		s.err = err
		close(s.events)
	}
}

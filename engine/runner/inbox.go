package runner

import (
	"sync"

	"statemanager/engine"
)

// inbox holds the events that wait for the loop, in order. It is bounded: who posts to a full one waits, which is the
// back-pressure on the streams. An observation replaces one of the same service and node that still waits, so that while
// the loop is behind the newest wins. Any goroutine posts; the loop takes.
type inbox struct {
	ready chan struct{} // has an element while there may be something to take
	slots chan struct{} // an element for each event that waits
	stop  <-chan struct{}

	mu     sync.Mutex
	queue  []any
	taken  int           // events that were taken so far: the number of queue[0]
	newest map[where]int // the number of the observation that a newer one replaces
}

type where struct {
	node    string
	service engine.ResourceID
}

func newInbox(most int, stop <-chan struct{}) *inbox {
	return &inbox{ready: make(chan struct{}, 1), slots: make(chan struct{}, most), stop: stop, newest: map[where]int{}}
}

// post adds an engine.Event or a Change. It waits for room until the runner stops.
func (b *inbox) post(ev any) {
	if b.replace(ev) {
		return
	}
	select {
	case b.slots <- struct{}{}:
	case <-b.stop:
		return
	}
	b.mu.Lock()
	b.queue = append(b.queue, ev)
	b.index(ev, b.taken+len(b.queue)-1)
	b.mu.Unlock()
	b.wake()
}

// replace puts an observation in the place of the older one.
func (b *inbox) replace(ev any) bool {
	d, ok := ev.(engine.DiffSeen)
	if !ok || d.Asked != 0 {
		return false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ok := b.newest[where{d.Diff.Node, d.Diff.Service}]
	if ok {
		b.queue[n-b.taken] = ev
	}
	return ok
}

// index keeps which observations may be replaced. None is moved across an answer or a change of its link: the engine
// holds the counters and streams of what it is told in order (rule 2.2).
func (b *inbox) index(ev any, n int) {
	switch ev := ev.(type) {
	case engine.DiffSeen:
		w := where{ev.Diff.Node, ev.Diff.Service}
		if b.newest[w] = n; ev.Asked != 0 {
			delete(b.newest, w)
		}
	case engine.AgentChanged:
		for w := range b.newest {
			if w.node == ev.Node {
				delete(b.newest, w)
			}
		}
	}
}

// take is the oldest event; nil if there is none.
func (b *inbox) take() any {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.queue) == 0 {
		return nil
	}
	ev := b.queue[0]
	b.queue[0] = nil
	b.queue = b.queue[1:]
	if d, ok := ev.(engine.DiffSeen); ok {
		if w := (where{d.Diff.Node, d.Diff.Service}); b.newest[w] == b.taken {
			delete(b.newest, w)
		}
	}
	b.taken++
	<-b.slots
	return ev
}

// wake says that there may be something to take.
func (b *inbox) wake() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

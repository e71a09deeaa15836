package engine

import (
	"cmp"
	"container/heap"
	"time"
)

// queue holds the touched services: the critical first, then by priority and waiting time together, so that the low are
// not starved; ties by name. A step of priority is worth a second of waiting.
type queue []*service

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	a, b := q[i], q[j]
	if a.critical != b.critical {
		return a.critical
	}
	return cmp.Or(cmp.Compare(a.key, b.key), a.id.Compare(b.id)) < 0
}

func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q *queue) Push(x any) { *q = append(*q, x.(*service)) }

func (q *queue) Pop() any { return popLast((*[]*service)(q)) }

func popLast[T any](s *[]*T) *T {
	n := len(*s) - 1
	x := (*s)[n]
	(*s)[n] = nil
	*s = (*s)[:n]
	return x
}

// touch has a service settled in this step or, if there are too many, the next.
func (e *Engine) touch(v *service) {
	if v == nil || v.queued {
		return
	}
	v.queued = true
	v.key = e.now.Add(time.Duration(v.priority) * time.Second)
	heap.Push(&e.queue, v)
}

// touchBusy has all settled that are not quiet: a fact of the whole cell has changed.
func (e *Engine) touchBusy() {
	for v := range e.busy {
		e.touch(v)
	}
}

// alarm is the next deadline of a service, a node or, with neither, the cell's outbox. Each has one place in the heap at
// most, so that no stale entry is ever left behind.
type alarm struct {
	at    Instant
	index int // its place in the heap, from 1; 0 = not there
	v     *service
	n     *node
}

func (a *alarm) compare(b *alarm) int {
	if c := cmp.Compare(a.at, b.at); c != 0 {
		return c
	}
	switch {
	case a.n != nil && b.n != nil:
		return cmp.Compare(a.n.id, b.n.id)
	case a.v != nil && b.v != nil:
		return a.v.id.Compare(b.v.id)
	}
	return cmp.Compare(a.rank(), b.rank())
}

func (a *alarm) rank() int {
	switch {
	case a.n != nil:
		return 0
	case a.v != nil:
		return 1
	}
	return 2
}

type alarms []*alarm

func (q alarms) Len() int { return len(q) }

func (q alarms) Less(i, j int) bool { return q[i].compare(q[j]) < 0 }

func (q alarms) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i+1, j+1
}

func (q *alarms) Push(x any) {
	a := x.(*alarm)
	*q = append(*q, a)
	a.index = len(*q)
}

func (q *alarms) Pop() any {
	a := popLast((*[]*alarm)(q))
	a.index = 0
	return a
}

// set moves an alarm; 0 takes it out.
func (e *Engine) set(a *alarm, at Instant) {
	a.at = at
	switch {
	case a.index == 0 && at != 0:
		heap.Push(&e.alarms, a)
	case a.index != 0 && at == 0:
		heap.Remove(&e.alarms, a.index-1)
	case a.index != 0:
		heap.Fix(&e.alarms, a.index-1)
	}
}

// ring takes what is due: services are touched, nodes fall silent or are alerted.
func (s *step) ring() {
	for len(s.alarms) > 0 && s.alarms[0].at <= s.now {
		switch a := s.alarms[0]; {
		case a.n != nil:
			s.nodeDue(a.n)
		case a.v != nil:
			s.set(a, 0)
			s.touch(a.v)
		default:
			s.set(a, 0)
		}
	}
}

func (s *step) wakeAt() Instant {
	switch {
	case len(s.queue) > 0:
		return s.now
	case len(s.alarms) > 0:
		return s.alarms[0].at
	}
	return 0
}

// at asks that the service that is settled be settled again then.
func (s *step) at(t Instant) {
	if t > s.now {
		s.wake = earlier(s.wake, t)
	}
}

// due is true when a timer has passed, and asks to be woken when not.
func (s *step) due(t Timer) bool {
	if t.Past(s.now) {
		return true
	}
	if t.Set() {
		s.at(t.Due())
	}
	return false
}

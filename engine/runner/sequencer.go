package runner

import (
	"slices"

	"statemanager/engine"
)

// Sequencer holds effects until every earlier save of their services is durable (architecture: durable actions). It is
// a synchronous struct without goroutines: Add, write what Batches returns, tell Saved or Failed, send what Out returns.
// The cell's record is the line of the zero ResourceID.
type Sequencer struct {
	Max     int // records in a batch; entries of history have a bound of their own
	lines   map[engine.ResourceID]*line
	dirty   []engine.ResourceID // to be written, oldest first
	held    []held
	batches map[int64]batch
	next    int64
	cell    *engine.Cell
	entries int                        // of the history that are not durable
	idle    []engine.ResourceID        // lines of which all is durable: to be forgotten
	waiting int                        // of held, from the first: they waited when it was last looked, and nothing was saved since
	blocked map[engine.ResourceID]bool // whose effects wait, of those; nil = look again
}

// line is the order of the saves of one service.
type line struct {
	record         *engine.Record // the newest that was not handed out
	entries        []engine.Entry // that go with it
	added, durable int            // saves asked for, saves durable
	writing        bool
	dirty          bool // it is in Sequencer.dirty
	apart          bool // it is written in a batch of its own
	refused        bool // the store does not take it: it waits until Reconsider
}

// Batch is one transaction.
type Batch struct {
	ID      int64
	Records []*engine.Record // Gone ones are to be removed
	Cell    *engine.Cell     // nil = unchanged
	Entries []engine.Entry
}

type batch struct {
	Batch
	upTo map[engine.ResourceID]int
}

type held struct {
	needs map[engine.ResourceID]int
	fx    engine.Effects // one effect
}

// NewSequencer makes a sequencer that writes at most max records in a batch.
func NewSequencer(max int) *Sequencer {
	return &Sequencer{Max: max, lines: map[engine.ResourceID]*line{}, batches: map[int64]batch{}}
}

func (q *Sequencer) line(id engine.ResourceID) *line {
	l := q.lines[id]
	if l == nil {
		l = &line{}
		q.lines[id] = l
	}
	return l
}

func (q *Sequencer) mark(id engine.ResourceID) *line {
	l := q.line(id)
	l.added++
	q.soil(id, l)
	return l
}

func (q *Sequencer) soil(id engine.ResourceID, l *line) {
	if !l.dirty {
		l.dirty = true
		q.dirty = append(q.dirty, id)
	}
}

// Add takes the effects of one step. A record replaces one of its service that was not yet handed out.
func (q *Sequencer) Add(fx engine.Effects) {
	for _, r := range fx.Save {
		q.mark(r.ID).record = r
	}
	if fx.SaveCell != nil {
		q.mark(engine.ResourceID{})
		q.cell = fx.SaveCell
	}
	for _, x := range fx.History {
		l := q.mark(x.Service)
		l.entries = append(l.entries, x)
		q.entries++
		q.bound(l)
	}
	for _, x := range fx.Report {
		ids := make([]engine.ResourceID, len(x.Specs))
		for i, u := range x.Specs {
			ids[i] = u.Service
		}
		q.hold(engine.Effects{Report: []engine.SpecSet{x}}, ids...)
	}
	for _, x := range fx.Dispatch {
		q.hold(engine.Effects{Dispatch: []*engine.Action{x}}, x.Service, engine.ResourceID{})
	}
	for _, x := range fx.Inquire {
		q.holdOnce(engine.Effects{Inquire: []engine.ActionRef{x}}, x.Service, func(h *engine.Effects) bool {
			return len(h.Inquire) > 0 && h.Inquire[0] == x
		})
	}
	for _, x := range fx.Observe {
		q.holdOnce(engine.Effects{Observe: []engine.ServiceRef{x}}, x.Service, func(h *engine.Effects) bool {
			return len(h.Observe) > 0 && h.Observe[0].Service == x.Service && h.Observe[0].Node == x.Node
		})
	}
	for _, x := range fx.Notify {
		q.holdOnce(engine.Effects{Notify: []engine.Notice{x}}, x.Key.Service, func(h *engine.Effects) bool {
			return len(h.Notify) > 0 && h.Notify[0].Key == x.Key
		})
	}
	for _, x := range fx.Reply {
		q.hold(engine.Effects{Reply: []engine.Reply{x}}, x.Service)
	}
}

// holdOnce holds what the engine repeats by itself, unless it is held already: while the store is away it must not pile up.
func (q *Sequencer) holdOnce(fx engine.Effects, id engine.ResourceID, same func(*engine.Effects) bool) {
	if !slices.ContainsFunc(q.held, func(h held) bool { return same(&h.fx) }) {
		q.hold(fx, id)
	}
}

func (q *Sequencer) hold(fx engine.Effects, ids ...engine.ResourceID) {
	needs := map[engine.ResourceID]int{}
	for _, id := range ids {
		needs[id] = 0 // all is durable of what has no line
		if l := q.lines[id]; l != nil {
			needs[id] = l.added
		}
	}
	q.held = append(q.held, held{needs, fx})
}

// Batches returns the transactions that may be written now: one save of a service is in flight at a time, so a service's
// saves keep their order.
func (q *Sequencer) Batches() (out []Batch) {
	var rest []engine.ResourceID
	var b batch
	flush := func() {
		if b.upTo != nil {
			q.batches[b.ID], out = b, append(out, b.Batch)
		}
		b = batch{}
	}
	for _, id := range q.dirty {
		l := q.line(id)
		if l.writing || l.refused {
			rest = append(rest, id)
			continue
		}
		if b.upTo == nil || l.apart || len(b.upTo) >= max(q.Max, 1) || len(b.Entries) >= maxEntries {
			flush()
			q.next++
			b = batch{Batch{ID: q.next}, map[engine.ResourceID]int{}}
		}
		if l.record != nil {
			b.Records = append(b.Records, l.record)
		}
		if id == (engine.ResourceID{}) {
			b.Cell, q.cell = q.cell, nil
		}
		b.Entries = append(b.Entries, l.entries...)
		b.upTo[id] = l.added
		l.record, l.entries, l.writing, l.dirty = nil, nil, true, false
		if l.apart {
			flush()
		}
	}
	flush()
	q.dirty = rest
	return out
}

// Saved says that a batch is durable.
func (q *Sequencer) Saved(id int64) {
	for s, n := range q.batches[id].upTo {
		l := q.line(s)
		l.durable, l.writing, l.apart = n, false, false
		q.idle = append(q.idle, s)
	}
	q.entries -= len(q.batches[id].Entries)
	delete(q.batches, id)
	q.blocked = nil // what waited may leave now
}

// Failed says that a batch could not be written: what a newer save has not replaced is written again with it.
func (q *Sequencer) Failed(id int64) {
	b := q.batches[id]
	delete(q.batches, id)
	for _, r := range b.Records {
		if l := q.line(r.ID); l.record == nil {
			l.record = r
		}
	}
	if q.cell == nil {
		q.cell = b.Cell
	}
	for i := len(b.Entries) - 1; i >= 0; i-- {
		l := q.line(b.Entries[i].Service)
		l.entries = append([]engine.Entry{b.Entries[i]}, l.entries...)
	}
	for s := range b.upTo {
		l := q.line(s)
		l.writing = false
		q.soil(s, l)
	}
	slices.SortFunc(q.dirty, engine.ResourceID.Compare)
}

// Out returns the effects that may leave, in the order of their kinds and, for each service, in the order in which they
// were owed.
func (q *Sequencer) Out() (out engine.Effects) {
	if q.blocked == nil {
		q.blocked, q.waiting = map[engine.ResourceID]bool{}, 0
	}
	left := q.held[:q.waiting]
	for _, h := range q.held[q.waiting:] {
		if q.blocks(&h) {
			left = append(left, h)
		} else {
			merge(&out, &h.fx)
		}
	}
	clear(q.held[len(left):])
	q.held, q.waiting = left, len(left)
	q.forget()
	return out
}

// blocks says whether an effect has to wait, and has those wait that are owed after it.
func (q *Sequencer) blocks(h *held) bool {
	for id, n := range h.needs {
		if l := q.lines[id]; q.blocked[id] || l != nil && l.durable < n {
			for id := range h.needs {
				if id != (engine.ResourceID{}) {
					q.blocked[id] = true
				}
			}
			return true
		}
	}
	return false
}

// forget drops the lines of which nothing is to be written and nothing waits: a new one says the same.
func (q *Sequencer) forget() {
	if len(q.idle) == 0 {
		return
	}
	needed := map[engine.ResourceID]bool{}
	for _, h := range q.held {
		for id := range h.needs {
			needed[id] = true
		}
	}
	q.idle = slices.DeleteFunc(q.idle, func(id engine.ResourceID) bool {
		if l := q.lines[id]; l == nil || l.dirty || l.writing {
			return true // it is named again when it is saved
		}
		if !needed[id] {
			delete(q.lines, id)
		}
		return !needed[id]
	})
}

// Held is how many effects and entries of the history wait for a save, and how many records wait to be written or are
// being written.
func (q *Sequencer) Held() (effects, saves int) {
	for _, b := range q.batches {
		saves += len(b.upTo)
	}
	return len(q.held) + q.entries, saves + len(q.dirty)
}

func merge(to, from *engine.Effects) {
	to.Report = append(to.Report, from.Report...)
	to.Dispatch = append(to.Dispatch, from.Dispatch...)
	to.Inquire = append(to.Inquire, from.Inquire...)
	to.Observe = append(to.Observe, from.Observe...)
	to.Notify = append(to.Notify, from.Notify...)
	to.Reply = append(to.Reply, from.Reply...)
}

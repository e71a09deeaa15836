package runner

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"statemanager/engine"
)

// TestSequencer holds the sequencer against the promises of durable actions, for any steps and any course of the writes:
// nothing leaves before its save is durable, what is owed for a service leaves in order, a batch has at most Max
// services, one save of a service is in flight, the newest record wins, and a write that fails or is refused loses nothing.
func TestSequencer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newShop(t)
		t.Repeat(map[string]func(*rapid.T){"add": s.add, "write": s.write, "end": s.end, "reconsider": s.reconsider})
		s.finish()
	})
}

// shop is a sequencer with the store that it writes to, and what a dumb second implementation expects of both. The number
// of a step stands in every value that the step makes.
type shop struct {
	t       *rapid.T
	q       *Sequencer
	steps   int64
	writing []Batch
	stored  map[engine.ResourceID]int64   // the step whose record is durable
	entries map[engine.ResourceID][]int64 // whose history is
	saves   map[engine.ResourceID][]int64 // that saved
	told    map[engine.ResourceID][]int64 // that had history
	owed    map[engine.ResourceID][]int64 // whose effects have not left, in order
	reports map[int64][]engine.ResourceID // the services of a report that has not left
}

func newShop(t *rapid.T) *shop {
	numbers := func() map[engine.ResourceID][]int64 { return map[engine.ResourceID][]int64{} }
	return &shop{t: t, q: NewSequencer(3), stored: map[engine.ResourceID]int64{}, entries: numbers(), saves: numbers(),
		told: numbers(), owed: numbers(), reports: map[int64][]engine.ResourceID{}}
}

var (
	cell     = engine.ResourceID{}
	services = []engine.ResourceID{cell, engine.Service("d", "a"), engine.Service("d", "b"), engine.Service("d", "c"), engine.Service("d", "e")}
)

// add is a step that touches one to three services.
func (s *shop) add(t *rapid.T) {
	s.steps++
	n := s.steps
	var fx engine.Effects
	ids := rapid.SliceOfNDistinct(rapid.SampledFrom(services), 1, 3, rapid.ID[engine.ResourceID]).Draw(t, "services")
	report := engine.SpecSet{Node: fmt.Sprint(n)}
	for _, id := range ids {
		if rapid.Bool().Draw(t, "saves") {
			s.saves[id] = append(s.saves[id], n)
			if id == cell {
				fx.SaveCell = &engine.Cell{N: n}
			} else {
				fx.Save = append(fx.Save, &engine.Record{ID: id, Seq: n})
			}
		}
		if rapid.Bool().Draw(t, "tells") {
			s.told[id] = append(s.told[id], n)
			fx.History = append(fx.History, engine.Entry{Service: id, At: engine.Instant(n)})
		}
		if id != cell {
			fx.Dispatch = append(fx.Dispatch, &engine.Action{ActionRef: engine.ActionRef{Service: id, EpochSeq: engine.EpochSeq{Seq: n}}})
			report.Specs = append(report.Specs, engine.SpecUpdate{Service: id})
			s.reports[n] = append(s.reports[n], id)
		}
		fx.Reply = append(fx.Reply, engine.Reply{ID: n, Service: id})
		s.owed[id] = append(s.owed[id], n)
	}
	if len(report.Specs) > 0 {
		fx.Report = []engine.SpecSet{report}
	}
	s.q.Add(fx)
	s.leave()
}

// write starts the transactions that may start.
func (s *shop) write(*rapid.T) {
	for _, b := range s.q.Batches() {
		lines := linesOf(b)
		if len(lines) > s.q.Max {
			s.t.Fatalf("a batch of %d services; at most %d", len(lines), s.q.Max)
		}
		for _, other := range s.writing {
			for id := range linesOf(other) {
				if lines[id] {
					s.t.Fatalf("two saves of %s are in flight", id)
				}
			}
		}
		s.writing = append(s.writing, b)
	}
}

func linesOf(b Batch) map[engine.ResourceID]bool {
	lines := map[engine.ResourceID]bool{}
	for _, r := range b.Records {
		lines[r.ID] = true
	}
	for _, x := range b.Entries {
		lines[x.Service] = true
	}
	if b.Cell != nil {
		lines[cell] = true
	}
	return lines
}

// end ends a transaction in flight, any of them, well or not.
func (s *shop) end(t *rapid.T) {
	if len(s.writing) == 0 {
		t.Skip("nothing is in flight")
	}
	i := rapid.IntRange(0, len(s.writing)-1).Draw(t, "batch")
	b := s.writing[i]
	s.writing = slices.Delete(s.writing, i, i+1)
	switch rapid.SampledFrom([]string{"well", "fails", "is refused"}).Draw(t, "how") {
	case "well":
		s.commit(b)
	case "fails":
		s.q.Failed(b.ID)
	case "is refused":
		lines := linesOf(b)
		if id, alone := s.q.Refused(b.ID); alone != (len(lines) == 1) || alone && !lines[id] {
			s.t.Fatalf("a batch of %v is refused: %v alone is %v", lines, id, alone)
		}
	}
	s.leave()
}

// reconsider has the store take what it has refused.
func (s *shop) reconsider(*rapid.T) { s.q.Reconsider() }

func (s *shop) commit(b Batch) {
	set := func(id engine.ResourceID, n int64) {
		if n < s.stored[id] {
			s.t.Fatalf("%s: save %d is written over %d", id, n, s.stored[id])
		}
		s.stored[id] = n
	}
	for _, r := range b.Records {
		set(r.ID, r.Seq)
	}
	if b.Cell != nil {
		set(cell, b.Cell.N)
	}
	for _, x := range b.Entries {
		s.entries[x.Service] = append(s.entries[x.Service], int64(x.At))
	}
	s.q.Saved(b.ID)
}

// leave takes what may leave, and looks whether it may.
func (s *shop) leave() {
	out := s.q.Out()
	for _, x := range out.Report {
		var n int64
		if _, err := fmt.Sscan(x.Node, &n); err != nil {
			s.t.Fatal(err)
		}
		for _, id := range s.reports[n] {
			s.durable(id, n)
		}
		delete(s.reports, n)
	}
	for _, a := range out.Dispatch {
		s.durable(a.Service, a.Seq)
		s.durable(cell, a.Seq) // its epoch is the cell's
		for n, ids := range s.reports {
			if n <= a.Seq && slices.Contains(ids, a.Service) {
				s.t.Fatalf("%s: the action of step %d leaves before the spec of step %d", a.Service, a.Seq, n)
			}
		}
	}
	for _, x := range out.Reply {
		s.durable(x.Service, x.ID)
		if owed := s.owed[x.Service]; len(owed) == 0 || owed[0] != x.ID {
			s.t.Fatalf("%s: %d leaves out of order; owed are %v", x.Service, x.ID, owed)
		}
		s.owed[x.Service] = s.owed[x.Service][1:]
	}
}

// durable: what the steps up to n saved of a service, or something newer, is stored.
func (s *shop) durable(id engine.ResourceID, n int64) {
	for _, x := range s.saves[id] {
		if x <= n && s.stored[id] < x {
			s.t.Fatalf("%s: effects of step %d leave before save %d is durable", id, n, x)
		}
	}
	for _, x := range s.told[id] {
		if x <= n && !slices.Contains(s.entries[id], x) {
			s.t.Fatalf("%s: effects of step %d leave before the history of %d is durable", id, n, x)
		}
	}
}

// finish lets the store be well: then all is durable, nothing is held, nothing is lost or doubled.
func (s *shop) finish() {
	s.q.Reconsider()
	for s.write(s.t); len(s.writing) > 0; s.write(s.t) {
		for _, b := range s.writing {
			s.commit(b)
		}
		s.writing = nil
		s.leave()
	}
	if fx, n := s.q.Held(); fx != 0 || n != 0 {
		s.t.Fatalf("%d effects and %d saves are held though all is durable", fx, n)
	}
	for _, id := range services {
		if n := len(s.saves[id]); n > 0 && s.stored[id] != s.saves[id][n-1] {
			s.t.Fatalf("%s: save %d is stored; saved were %v", id, s.stored[id], s.saves[id])
		}
		if !slices.Equal(s.entries[id], s.told[id]) {
			s.t.Fatalf("%s: the history %v is stored, %v was told", id, s.entries[id], s.told[id])
		}
		if len(s.owed[id]) > 0 {
			s.t.Fatalf("%s: %v never left", id, s.owed[id])
		}
	}
}

// While the store is away, what the engine repeats is held once.
func TestSequencerRepeats(t *testing.T) {
	id := engine.Service("d", "a")
	q := NewSequencer(3)
	fx := engine.Effects{Save: []*engine.Record{{ID: id}}, Inquire: []engine.ActionRef{{Service: id, Node: "n"}},
		Observe: []engine.ServiceRef{{Service: id, Node: "n"}}, Notify: []engine.Notice{{Key: engine.NoticeKey{Service: id}}}}
	q.Add(fx)
	fx.Observe[0].Asked++
	q.Add(fx)
	if n, _ := q.Held(); n != 3 {
		t.Fatalf("%d effects are held, want 3", n)
	}
	for _, b := range q.Batches() {
		q.Saved(b.ID)
	}
	if out := q.Out(); len(out.Inquire) != 1 || len(out.Observe) != 1 || len(out.Notify) != 1 {
		t.Errorf("left: %+v", out)
	}
}

// Of what is durable nothing is kept: services come and go for years.
func TestDurableLinesAreForgotten(t *testing.T) {
	q := NewSequencer(10)
	id := engine.Service("d", "a")
	q.Add(engine.Effects{Save: []*engine.Record{{ID: id}}, Observe: []engine.ServiceRef{{Service: id}}})
	b := q.Batches()
	q.Add(engine.Effects{Save: []*engine.Record{{ID: id, Gone: true}}, Notify: []engine.Notice{{Key: engine.NoticeKey{Service: id}}}})
	q.Saved(b[0].ID)
	if out := q.Out(); len(out.Observe) != 1 || len(out.Notify) != 0 {
		t.Fatalf("after the first save %d observations and %d notices leave", len(out.Observe), len(out.Notify))
	}
	q.Saved(q.Batches()[0].ID)
	if out := q.Out(); len(out.Notify) != 1 || len(q.lines) != 0 || len(q.idle) != 0 {
		t.Errorf("%d notices leave, %d lines are kept", len(out.Notify), len(q.lines))
	}
}

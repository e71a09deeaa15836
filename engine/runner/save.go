package runner

import (
	"context"
	"errors"
	"time"

	"statemanager/engine"
)

// saving is how the loop writes: a few batches at once, each in a goroutine of its own. A batch that fails goes back to
// the sequencer, where newer records replace its own, and all is written again after a while.
type saving struct {
	ready  []Batch        // that the sequencer has handed out
	flight map[int64]bool // ids of the batches that are being written
	newest int64          // id of the batch whose writing began last
	done   chan savedBatch
	wait   time.Duration // until the store is tried again
	full   bool          // the store has no room: that has been alerted
	paused bool
	retry  *time.Timer
	again  *time.Timer // until what was refused is written again
	err    error       // of the last write that failed; nil while writes succeed
	// refused are the services whose record the store does not take, and why: nothing is sent for them.
	refused map[engine.ResourceID]error
}

type savedBatch struct {
	Batch
	revision int64
	err      error
}

func newSaving() saving {
	return saving{flight: map[int64]bool{}, done: make(chan savedBatch, maxSaves), wait: retryFirst, refused: map[engine.ResourceID]error{}}
}

// save starts the writes that may start.
func (l *loop) save() {
	s := &l.saving
	if s.paused {
		return
	}
	if len(s.ready) == 0 && len(s.flight) < maxSaves {
		s.ready = l.seq.Batches()
	}
	for len(s.ready) > 0 && len(s.flight) < maxSaves {
		b := s.ready[0]
		s.ready = s.ready[1:]
		s.flight[b.ID], s.newest = true, b.ID
		l.work.Go(func() {
			revision, err := l.commit(b)
			s.done <- savedBatch{b, revision, err}
		})
	}
}

func (r *Runner) commit(b Batch) (int64, error) {
	ctx, cancel := context.WithTimeout(r.life, saveTimeout)
	defer cancel()
	return r.cfg.Store.Commit(ctx, b)
}

// saved takes the end of a write.
func (l *loop) saved(b savedBatch) {
	s := &l.saving
	delete(s.flight, b.ID)
	switch {
	case b.err == nil:
		l.seq.Saved(b.ID)
		l.order.add(Transaction{b.revision, b.Entries}, s.newest)
		l.taken(b.Batch)
		if s.err != nil {
			l.log.Info("store is back")
		}
		s.err, s.wait, s.full = nil, retryFirst, false
	case errors.Is(b.err, ErrDeposed):
		l.cancel(ErrDeposed)
	case engine.KindOf(b.err) == engine.Invalid:
		l.refused(b)
	case l.life.Err() == nil:
		l.failed(b)
	}
	for _, t := range l.order.take(s.flight) {
		l.durable(t)
	}
}

// failed writes again later, and less often each time.
func (l *loop) failed(b savedBatch) {
	s := &l.saving
	l.seq.Failed(b.ID)
	for _, x := range s.ready {
		l.seq.Failed(x.ID)
	}
	s.ready, s.err = nil, b.err
	if errors.Is(b.err, ErrFull) && !s.full {
		s.full = true
		l.log.Error("store is full: make room, or raise its quota", "error", b.err)
		now := l.cfg.Clock().Time().Format(time.RFC3339)
		l.step(engine.AlertRaised{Code: engine.AlertStoreFull, Args: []engine.Field{{Name: "since", Value: now}}}) // sent when it is durable
	}
	if l.seldom("store") {
		l.log.Error("store does not take what is decided: nothing is sent until it does", "records", len(b.Records), "error", b.err)
	}
	if !s.paused {
		s.paused = true
		s.retry.Reset(s.wait)
		s.wait = min(2*s.wait, retryMost)
	}
}

// refused has each service of a batch that the store will never take written apart. One that is still refused waits, and
// a human is told: it is tried again from time to time, because what it was too large with may be gone.
func (l *loop) refused(b savedBatch) {
	id, alone := l.seq.Refused(b.ID)
	if !alone {
		return
	}
	s := &l.saving
	s.again.Reset(retryMost)
	if l.seldom("record of " + id.String()) {
		l.log.Error("store does not take a record: nothing is sent for its service until it does", "service", id, "error", b.err)
	}
	if id == (engine.ResourceID{}) { // the cell's: nothing can be sent at all
		s.err = b.err
		return
	}
	if s.refused[id] == nil {
		l.step(engine.AlertRaised{Code: engine.AlertUnwritable, Args: []engine.Field{{Name: "error", Value: b.err.Error()}, {Name: "service", Value: id.String()}}})
	}
	s.refused[id] = b.err
	for _, x := range l.seq.Replies(id) {
		l.answer(engine.Reply{ID: x.ID, Kind: engine.Unavailable, Text: refusal(b.err)})
	}
}

// taken says that the records of a batch are durable.
func (l *loop) taken(b Batch) {
	if len(l.saving.refused) == 0 {
		return
	}
	for _, r := range b.Records {
		if l.saving.refused[r.ID] != nil {
			delete(l.saving.refused, r.ID)
			l.log.Info("store takes the record again", "service", r.ID)
		}
	}
}

func refusal(err error) string {
	return "the store does not take its record, and nothing is sent for it until it does: " + err.Error()
}

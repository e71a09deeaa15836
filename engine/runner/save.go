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
	err    error // of the last write that failed; nil while writes succeed
}

type savedBatch struct {
	Batch
	revision int64
	err      error
}

func newSaving() saving {
	return saving{flight: map[int64]bool{}, done: make(chan savedBatch, maxSaves), wait: retryFirst}
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
		if s.err != nil {
			l.log.Info("store is back")
		}
		s.err, s.wait, s.full = nil, retryFirst, false
	case errors.Is(b.err, ErrDeposed):
		l.cancel(ErrDeposed)
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

package runner

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"statemanager/engine"
)

// saving is how the loop writes: a few batches at once, each in a goroutine of its own. A batch that fails goes back to
// the sequencer, where newer records replace its own, and all is written again after a while.
type saving struct {
	ready  []Batch // that the sequencer has handed out
	flight int
	done   chan savedBatch
	wait   time.Duration // until the store is tried again
	paused bool
	retry  *time.Timer
	err    error // of the last write that failed; nil while writes succeed
}

type savedBatch struct {
	Batch
	err error
}

func newSaving() saving { return saving{done: make(chan savedBatch, maxSaves), wait: retryFirst} }

// save starts the writes that may start.
func (l *loop) save() {
	s := &l.saving
	if s.paused {
		return
	}
	if len(s.ready) == 0 && s.flight < maxSaves {
		s.ready = l.seq.Batches()
	}
	for len(s.ready) > 0 && s.flight < maxSaves {
		b := s.ready[0]
		s.ready = s.ready[1:]
		s.flight++
		l.work.Go(func() { s.done <- savedBatch{b, l.commit(b)} })
	}
}

func (r *Runner) commit(b Batch) error {
	ctx, cancel := context.WithTimeout(r.life, saveTimeout)
	defer cancel()
	return r.cfg.Store.Commit(ctx, b)
}

// saved takes the end of a write.
func (l *loop) saved(b savedBatch) {
	s := &l.saving
	s.flight--
	switch {
	case b.err == nil:
		l.seq.Saved(b.ID)
		l.durable(b.Entries)
		if s.err != nil {
			l.log.Info("store is back")
		}
		s.err, s.wait = nil, retryFirst
	case errors.Is(b.err, ErrDeposed):
		l.cancel(ErrDeposed)
	case l.life.Err() == nil:
		l.failed(b)
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
	if l.seldom("store") {
		l.log.Error("store does not take what is decided: nothing is sent until it does", "records", len(b.Records), "error", b.err)
	}
	if !s.paused {
		s.paused = true
		s.retry.Reset(s.wait)
		s.wait = min(2*s.wait, retryMost)
	}
}

// durable shows what has been saved.
func (l *loop) durable(entries []engine.Entry) {
	l.history.add(entries)
	for _, x := range entries {
		who := "cell"
		if x.Service != (engine.ResourceID{}) {
			who = x.Service.String()
		}
		switch {
		case x.Event != nil:
			l.log.Info("event", append([]any{"service", who, "type", x.Event.Type, "source", x.Event.Source}, details(x.Event)...)...)
		case x.Decision != nil:
			d := x.Decision
			l.log.Debug("decision", "service", who, "entrypoint", d.Entrypoint, "answer", fields(d.Answer), "reasons", codes(d.Reasons), "rules", d.Rules, "fail_safe", d.FailSafe)
		}
	}
}

// details are what an event tells, as keys and values of a log line.
func details(e *engine.StateEvent) (out []any) {
	for _, c := range e.Changes {
		out = append(out, c.Field, cmp.Or(c.Old, "none")+" -> "+cmp.Or(c.New, "none"))
	}
	for _, f := range e.Metadata {
		if f.Value != "" {
			out = append(out, f.Name, f.Value)
		}
	}
	return out
}

func fields(fs []engine.Field) string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = f.Name + "=" + f.Value
	}
	return strings.Join(out, " ")
}

func codes(reasons []engine.Reason) []string {
	out := make([]string, len(reasons))
	for i, x := range reasons {
		out[i] = x.Code
	}
	return out
}

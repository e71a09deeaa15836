package runner_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

var poison = engine.Service("default", "poison")

// picky is a store that does not take the record of one service while its version is bad.
type picky struct{ *valve }

func (p picky) Commit(ctx context.Context, b runner.Batch) (int64, error) {
	for _, r := range b.Records {
		if r.ID == poison && !r.Gone && r.Spec.Version == "bad" {
			return 0, &engine.Error{Kind: engine.Invalid, Text: "write key state/service/default/poison/: it is too large"}
		}
	}
	return p.valve.Commit(ctx, b)
}

func inPickyWorld(t *testing.T, story func(*testing.T, *world)) {
	inPreparedWorld(t, func(w *world) { w.config.Store = picky{w.store} }, story)
}

func specOf(version string) *engine.Spec {
	s := *spec
	s.Version = version
	return &s
}

func (w *world) applyTo(id engine.ResourceID, s *engine.Spec) runner.Applied {
	w.t.Helper()
	a, err := w.Apply(w.t.Context(), id, s)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) isHeld(id engine.ResourceID) bool {
	w.t.Helper()
	v, err := w.View(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range v.Holds {
		if h.Code == "unwritable" && strings.Contains(h.Text, "it is too large") {
			return strings.Contains(v.Coming.Text, "it is too large")
		}
	}
	return false
}

// One record that the store will never take holds its own service, which says so, and a human is told once; the others go
// on, and it does too when its record has become another.
func TestRefusedRecord(t *testing.T) {
	inPickyWorld(t, func(t *testing.T, w *world) {
		w.applyTo(poison, specOf("bad"))
		w.apply(spec)
		w.after(time.Minute)
		if w.phase() != engine.Running || w.isHeld(web) {
			t.Errorf("web is %s", w.phase())
		}
		if !w.isHeld(poison) {
			t.Error("nothing says that the service is held")
		}
		for _, a := range w.ctl.runs() {
			if a.Service == poison {
				t.Errorf("%s was sent though it is not stored", a.Kind)
			}
		}
		if shown := w.monitor.Shown(); len(shown) != 1 || shown[0].Code != engine.AlertUnwritable || !strings.Contains(shown[0].Text, "default/poison") {
			t.Errorf("alerts: %v", shown)
		}
		if _, err := w.Retry(t.Context(), poison, false); kind(err) != engine.Unavailable || !strings.Contains(err.Error(), "too large") {
			t.Errorf("a retry of it: %v", err)
		}
		w.applyTo(poison, specOf("2"))
		w.after(time.Minute)
		if runs := w.ctl.runs(); w.isHeld(poison) || runs[len(runs)-1].Service != poison {
			t.Errorf("it was written, and is held: %v, %v", w.isHeld(poison), runs)
		}
	})
}

// What waits with a refused record is bounded, and does not keep the cell from taking events.
func TestRefusedRecordIsBounded(t *testing.T) {
	inPickyWorld(t, func(t *testing.T, w *world) {
		w.applyTo(poison, specOf("bad"))
		for range 12_000 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Microsecond)
			w.Retry(ctx, poison, false)
			cancel()
		}
		w.after(time.Minute)
		if n := w.Status().Effects; n > 200 {
			t.Errorf("%d effects wait", n)
		}
		w.apply(spec)
	})
}

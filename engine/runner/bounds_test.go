package runner_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"statemanager/engine"
)

// Failure table, etcd away: what waits is bounded, whoever asks and however often.
func TestCallsKeepTheBound(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		w.after(10 * time.Second)
		w.store.set(errAway, nil)
		for range 5_500 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Microsecond)
			if _, err := w.Retry(ctx, web, false); kind(err) != engine.Unavailable {
				t.Fatalf("a retry while the store is away: %v", err)
			}
			cancel()
		}
		if n := w.Status().Effects; n < 10_000 || n > 10_010 {
			t.Errorf("%d effects wait, want about 10,000", n)
		}
		w.store.set(nil, nil)
		w.after(20 * time.Second)
		if _, err := w.Retry(t.Context(), web, false); err != nil {
			t.Errorf("a retry once the store is back: %v", err)
		}
	})
}

// One change that the store holds up does not hold up who has no time to wait for it.
func TestTurnsAreGivenUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.store.puts = make(chan struct{})
		first := make(chan error, 1)
		go func() { _, err := w.Apply(t.Context(), web, spec); first <- err }()
		w.after(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Delete(ctx, web); kind(err) != engine.Unavailable {
			t.Errorf("who waits for the turn: %v", err)
		}
		close(w.store.puts)
		if err := <-first; err != nil {
			t.Error(err)
		}
	})
}

// A mistyped node is refused, and the error says which there are.
func TestUnknownNodeIsRefused(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		mistyped := *spec
		mistyped.Node = "n9"
		if _, err := w.Apply(t.Context(), web, &mistyped); kind(err) != engine.Invalid || !strings.Contains(err.Error(), nodeID) {
			t.Errorf("a node that nobody knows: %v", err)
		}
		if _, err := w.View(t.Context(), web); kind(err) != engine.NotFound {
			t.Errorf("it was stored: %v", err)
		}
	})
}

// Rule 1.7: what another component wants at a node without an address is gone as soon as it is deleted there.
func TestNobodysNodeHoldsNothingUp(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.term.Put("desired/service/default/web/", []byte(`{"node": "n9"}`))
		w.after(time.Minute) // it is silent
		if w.phase() == "" {
			t.Fatal("the desired spec was not taken in")
		}
		if _, err := w.Delete(t.Context(), web); err != nil {
			t.Fatal(err)
		}
		w.after(time.Second)
		if _, err := w.View(t.Context(), web); kind(err) != engine.NotFound {
			t.Errorf("it is still there: %v", err)
		}
	})
}

package runner_test

import (
	"fmt"
	"testing"
	"time"

	"statemanager/engine"
)

// Failure table, etcd away: of many batches that were handed out at once none is lost when one of the first fails.
func TestFailedWriteLosesNoBatch(t *testing.T) {
	const services = 1000 // more than what can be in flight
	inWorld(t, func(t *testing.T, w *world) {
		hold := make(chan struct{})
		w.store.set(errAway, hold)
		for i := range services {
			go w.Apply(t.Context(), engine.Service("default", fmt.Sprint("s", i)), spec)
		}
		w.after(time.Second)
		close(hold)
		w.after(time.Second)
		w.store.set(nil, nil)
		w.after(time.Minute)
		l, err := w.store.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(l.Records); n != services {
			t.Errorf("%d services are stored, want %d", n, services)
		}
	})
}

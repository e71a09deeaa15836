package runner_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"statemanager/engine"
)

// A value that cannot be read holds its service, the others go on, and a human is told.
func TestBrokenRecordIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.term.Put("state/service/default/old/", []byte("\xff\xff"))
		w.start()
		w.apply(spec)
		w.after(10 * time.Second)
		v, err := w.View(t.Context(), engine.Service("default", "old"))
		if err != nil || !v.Held || v.Broken == nil || !strings.Contains(v.Coming.Text, "cannot be read") {
			t.Errorf("held service: %+v, %v", v, err)
		}
		if ids, err := w.Services(t.Context()); err != nil || len(ids) != 2 || w.phase() != engine.Running {
			t.Errorf("services %v, %v; web is %s", ids, err, w.phase())
		}
		if shown := w.monitor.Shown(); len(shown) != 1 || !strings.Contains(shown[0].Text, "state/service/default/old/") {
			t.Errorf("alerts: %v", shown)
		}
		if _, err := w.Retry(t.Context(), engine.Service("default", "old"), false); kind(err) != engine.Unavailable {
			t.Errorf("retry of a held service: %v", err)
		}
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A key that is nobody's, and no text, stops nothing: the cell begins, saves on, and a human is told.
func TestBrokenKeyStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.term.Put("desired/service/default/W_1\xff/", []byte("{}"))
		w.start()
		w.apply(spec)
		w.after(10 * time.Second)
		if w.phase() != engine.Running {
			t.Errorf("web is %s", w.phase())
		}
		if shown := w.monitor.Shown(); len(shown) != 1 || !strings.Contains(shown[0].Text, "desired/service/default/W_1") {
			t.Errorf("alerts: %v", shown)
		}
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

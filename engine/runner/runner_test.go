package runner_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"statemanager/adapters/inmem"
	"statemanager/engine"
	"statemanager/engine/runner"
)

func TestApplyRunsAndDeletes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		a := w.apply(spec)
		if a.Change != runner.Created || a.Revision == 0 || a.Service.Record == nil {
			t.Errorf("applied: %+v", a)
		}
		w.after(10 * time.Second)
		if got := w.phase(); got != engine.Running {
			t.Fatalf("phase %q, want Running", got)
		}
		if a := w.apply(spec); a.Change != runner.Unchanged || a.Service.Record.Desired.Observed != a.Revision {
			t.Errorf("the same content again: %+v", a)
		}
		if a, err := w.Delete(t.Context(), web); err != nil || a.Change != runner.Deleted {
			t.Errorf("deleted: %+v, %v", a, err)
		}
		w.after(20 * time.Second)
		if _, err := w.View(t.Context(), web); kind(err) != engine.NotFound {
			t.Errorf("a removed service is shown: %v", err)
		}
		if _, err := w.Delete(t.Context(), web); kind(err) != engine.NotFound {
			t.Errorf("deleted twice: %v", err)
		}
	})
}

func kind(err error) engine.ErrorKind {
	var e *engine.Error
	errors.As(err, &e)
	if e == nil {
		return ""
	}
	return e.Kind
}

// Rule 1.2: each field of a running service may change; a circle of dependencies is refused, and nothing of it stored.
func TestApplyRefusesACircle(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		needs := func(of, on string) (runner.Applied, error) {
			s := *spec
			s.Version, s.Dependencies = "2", []engine.ResourceID{engine.Service("d", on)}
			return w.Apply(t.Context(), engine.Service("d", of), &s)
		}
		for of, on := range map[string]string{"x": "y", "y": "z"} {
			if _, err := needs(of, on); err != nil {
				t.Errorf("%s needs %s: %v", of, on, err)
			}
		}
		for of, on := range map[string]string{"z": "x", "x": "x"} {
			if _, err := needs(of, on); kind(err) != engine.Invalid || !strings.Contains(err.Error(), of+" needs") {
				t.Errorf("%s needs %s: %v", of, on, err)
			}
		}
		if a, err := needs("z", "web"); err != nil || a.Change != runner.Created {
			t.Errorf("what was refused is stored: %+v, %v", a, err)
		}
	})
}

// Durable actions: the intent is saved before the request leaves.
func TestNothingIsSentBeforeItsSave(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.after(time.Second)
		hold := make(chan struct{})
		w.store.set(nil, hold)
		w.apply(spec)
		w.after(5 * time.Second)
		if n := len(w.ctl.runs()); n != 0 {
			t.Fatalf("%d actions were sent before their save", n)
		}
		if s := w.Status(); s.Saves == 0 {
			t.Errorf("status shows no save that waits: %+v", s)
		}
		w.store.set(nil, nil)
		close(hold)
		w.after(5 * time.Second)
		if n := len(w.ctl.runs()); n != 1 {
			t.Errorf("%d actions were sent after the save, want 1", n)
		}
	})
}

// Failure table, etcd away: it keeps deciding, sends nothing, resumes by itself and loses nothing.
func TestStoreAwayAndBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.after(time.Second)
		w.store.set(errAway, nil)
		w.apply(spec) // the desired key is taken: only what the engine writes fails
		w.after(time.Minute)
		if s := w.Status(); s.Store == nil || s.Effects == 0 || len(w.ctl.runs()) != 0 {
			t.Errorf("while the store is away: %+v, %d actions", s, len(w.ctl.runs()))
		}
		w.store.set(nil, nil)
		w.after(20 * time.Second)
		if s := w.Status(); s.Store != nil || s.Effects != 0 || s.Saves != 0 || w.phase() != engine.Running || len(w.ctl.runs()) != 1 {
			t.Errorf("when the store is back: %+v, phase %s, %d actions", s, w.phase(), len(w.ctl.runs()))
		}
	})
}

// Rule 3.4: past the deadline of the call an action is unknown; rule 3.5: the controller is then asked.
func TestDeafControllerIsAsked(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ctl.deaf = true
		w.apply(spec)
		w.after(11 * time.Second)
		if len(w.ctl.runs()) != 1 || w.ctl.questions() != 0 {
			t.Errorf("within the deadline: %d actions, %d questions", len(w.ctl.runs()), w.ctl.questions())
		}
		w.after(10 * time.Second)
		if len(w.ctl.runs()) != 1 || w.ctl.questions() == 0 {
			t.Errorf("past the deadline: %d actions, %d questions", len(w.ctl.runs()), w.ctl.questions())
		}
	})
}

// Rule 8.4: what is under way goes on with the next runner on the same store.
func TestTakeOver(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		w.after(10 * time.Second)
		if err := w.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.View(t.Context(), web); kind(err) != engine.Unavailable {
			t.Errorf("asked after Stop: %v", err)
		}
		w.start()
		w.after(10 * time.Second)
		if w.phase() != engine.Running || len(w.ctl.runs()) != 1 {
			t.Errorf("after a restart: phase %s, %d actions", w.phase(), len(w.ctl.runs()))
		}
		if h, err := w.History(t.Context(), runner.HistoryFilter{Service: web, Limit: 1}); err != nil || len(h) != 1 {
			t.Errorf("history after a restart: %v, %v", h, err)
		}
	})
}

// Rule 9: a deposed leader stops. It learns that from the store, by a write or by the end of its term.
func TestDeposed(t *testing.T) {
	for name, told := range map[string]bool{"by the end of its term": true, "by a write": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t)
				if !told {
					w.config.Deposed = nil
				}
				w.Runner = runner.New(w.config)
				done := make(chan error, 1)
				go func() { done <- w.Run(t.Context()) }()
				w.after(time.Second)
				w.campaign(w.term.Store)
				w.Raise(engine.AlertRaised{Code: engine.AlertNodeRefused})
				w.after(time.Second)
				select {
				case err := <-done:
					if !errors.Is(err, runner.ErrDeposed) {
						t.Errorf("run: %v", err)
					}
				default:
					t.Error("a deposed runner goes on")
					_ = w.Stop(t.Context())
				}
			})
		})
	}
}

// Stop is bounded also when a party never answers, and may be called again.
func TestStopIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stuck := stuckAgent{make(chan struct{})}
		w.config.Agents = map[string]runner.Agent{nodeID: stuck}
		w.start()
		began := time.Now()
		if err := w.Stop(context.Background()); err == nil || time.Since(began) > 11*time.Second {
			t.Errorf("stop with a stuck agent: %v after %s", err, time.Since(began))
		}
		close(stuck.until)
		if err := w.Stop(context.Background()); err != nil {
			t.Errorf("stop again: %v", err)
		}
	})
}

// stuckAgent does not end when it should.
type stuckAgent struct{ until chan struct{} }

func (a stuckAgent) Run(context.Context, func(engine.Event)) { <-a.until }

func (a stuckAgent) Report(context.Context, engine.SpecSet) error { return nil }

func (a stuckAgent) Observe(context.Context, engine.ServiceRef) (engine.StateDiff, error) {
	return engine.StateDiff{}, errAway
}

func TestStartWaitsForTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.store.set(errAway, nil)
		w.Runner = runner.New(w.config)
		done := make(chan error, 1)
		go func() { done <- w.Start(t.Context()) }()
		w.after(time.Minute)
		if _, err := w.Nodes(t.Context()); kind(err) != engine.Unavailable || w.Status().Loaded {
			t.Errorf("asked before the store is there: %v", err)
		}
		w.store.set(nil, nil)
		w.after(10 * time.Second)
		if err := <-done; err != nil || !w.Status().Loaded {
			t.Errorf("start: %v, %+v", err, w.Status())
		}
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// A pack is in the store before it decides, and active once that is durable.
func TestActivate(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.after(time.Second)
		files := map[string][]byte{"b.rego": []byte("package b")}
		if err := w.Activate(t.Context(), pack("p2"), files); err != nil {
			t.Fatal(err)
		}
		l, err := w.term.Load(t.Context())
		if err != nil || l.Cell == nil || l.Cell.Revision != "p2" {
			t.Errorf("stored cell: %+v, %v", l.Cell, err)
		}
		if got, err := w.term.Pack(t.Context(), "p2"); err != nil || string(got["b.rego"]) != "package b" {
			t.Errorf("stored pack: %v, %v", got, err)
		}
	})
}

func TestRetryIsAnsweredWhenDurable(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		w.after(10 * time.Second)
		w.agent.Set(web, inmem.Instance{Instance: engine.Instance{ID: "i1", State: engine.InstanceExited, Version: "1", Exit: engine.Exit{Code: 1}}})
		w.after(5 * time.Second)
		if got := w.phase(); got != engine.PhaseFailed {
			t.Fatalf("phase %s, want Failed", got)
		}
		text, err := w.Retry(t.Context(), web, true)
		if err != nil || !strings.Contains(text, "recovery starts afresh") {
			t.Errorf("retry: %q, %v", text, err)
		}
		w.store.set(errAway, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := w.Retry(ctx, web, false); kind(err) != engine.Unavailable {
			t.Errorf("a retry that is not durable was answered: %v", err)
		}
		w.store.set(nil, nil)
	})
}

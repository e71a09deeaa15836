package runner_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// subscribe begins a stream.
func (w *world) subscribe(f runner.EventFilter, after int64) *runner.Subscription {
	w.t.Helper()
	s, err := w.Subscribe(w.t.Context(), f, after)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	return s
}

// seen are the entries that a stream has up to now, and the revision that it then stands at.
func (w *world) seen(s *runner.Subscription) (entries []engine.Entry, at int64) {
	w.t.Helper()
	for {
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
		t, err := s.Next(ctx)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return entries, at
		} else if err != nil {
			w.t.Fatal(err)
		}
		if t.Revision < at || t.Revision == at && len(t.Entries) > 0 {
			w.t.Errorf("revision %d comes after %d", t.Revision, at)
		}
		entries, at = append(entries, t.Entries...), t.Revision
	}
}

// Subscribers see what is durable, and those that come later see it too.
func TestSubscribe(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		first := w.subscribe(runner.EventFilter{}, 0)
		phases := w.subscribe(runner.EventFilter{Types: []engine.EventType{engine.EventPhase}}, 0)
		_, begin := w.seen(first)
		w.apply(spec)
		w.after(10 * time.Second)
		live, end := w.seen(first)
		types := map[engine.EventType]int{}
		for _, x := range live {
			types[x.Event.Type]++
		}
		if types[engine.EventDesired] == 0 || types[engine.EventActionStarted] == 0 || types[engine.EventPhase] == 0 {
			t.Errorf("events seen: %v", types)
		}
		if some, _ := w.seen(phases); len(some) != types[engine.EventPhase] {
			t.Errorf("a filter for phases leaves %d events, want %d", len(some), types[engine.EventPhase])
		}
		if again, at := w.seen(w.subscribe(runner.EventFilter{}, begin)); len(again) != len(live) || at != end {
			t.Errorf("resumed after %d: %d events up to %d, want %d up to %d", begin, len(again), at, len(live), end)
		}
	})
}

// Who resumes at any revision that a stream has told sees the rest: nothing is left out, nothing comes twice. So it is
// after a restart of the daemon, when the history comes from the store.
func TestResumeIsWithoutGap(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		all := w.subscribe(runner.EventFilter{Decisions: true}, 0)
		w.apply(spec)
		w.after(5 * time.Second)
		next := *spec
		for range 5 {
			next.Criticality += "x"
			w.apply(&next)
		}
		w.after(5 * time.Second)
		var left []int // how many entries come after a revision
		var at []int64
		for {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			tr, err := all.Next(ctx)
			cancel()
			if err != nil {
				break
			}
			at, left = append(at, tr.Revision), append(left, len(tr.Entries))
		}
		check := func(when string) {
			rest := 0
			for i := len(at) - 1; i >= 0; i-- {
				entries, _ := w.seen(w.subscribe(runner.EventFilter{Decisions: true}, at[i]))
				if len(entries) < rest || when == "while it runs" && len(entries) != rest {
					t.Errorf("%s, resumed after %d: %d entries, want %d", when, at[i], len(entries), rest)
				}
				rest += left[i]
			}
		}
		if len(at) < 4 {
			t.Fatalf("only %d transactions were seen", len(at))
		}
		check("while it runs")
		if err := w.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.start()
		at, left = at[1:], left[1:] // the history begins where the first one was stored
		check("after a restart")
	})
}

// The list of types has all of them: a filter for one that it lacks would be refused.
func TestEventTypesAreAll(t *testing.T) {
	source, err := os.ReadFile("../effects.go")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`(?m)^\tEvent\w+ +EventType = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	for _, m := range all {
		if !slices.Contains(engine.EventTypes, engine.EventType(m[1])) {
			t.Errorf("engine.EventTypes lacks %s", m[1])
		}
	}
	if len(all) != len(engine.EventTypes) {
		t.Errorf("%d types are declared, %d listed", len(all), len(engine.EventTypes))
	}
}

// What is not kept any more cannot be resumed, nor what is not stored yet: a store made anew counts from 1. The error names
// the revision that can.
func TestResumeOfWhatIsNotThere(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		w.after(5 * time.Second)
		if err := w.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.start()
		if _, err := w.Subscribe(t.Context(), runner.EventFilter{}, 1); !errors.Is(err, runner.ErrForgotten) || !strings.Contains(err.Error(), "the oldest one is ") {
			t.Errorf("resume after revision 1: %v", err)
		}
		_, at := w.seen(w.subscribe(runner.EventFilter{}, 0))
		w.subscribe(runner.EventFilter{}, at)
		if _, err := w.Subscribe(t.Context(), runner.EventFilter{}, at+1); kind(err) != engine.Invalid || !strings.Contains(err.Error(), fmt.Sprintf("newest revision is %d,", at)) {
			t.Errorf("resume after what is not stored yet: %v", err)
		}
	})
}

// One that does not read is cut off, with a reason, and holds up nobody.
func TestSlowSubscriber(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		slow := w.subscribe(runner.EventFilter{}, 0)
		next := *spec
		for i := range 1100 {
			next.Criticality = strings.Repeat("x", 1+i%2)
			w.apply(&next)
			w.after(time.Millisecond) // each in a transaction of its own
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := error(nil)
		for err == nil {
			_, err = slow.Next(ctx)
		}
		if !errors.Is(err, runner.ErrBehind) {
			t.Errorf("a slow subscriber: %v", err)
		}
		closed := w.subscribe(runner.EventFilter{}, 0)
		closed.Close()
		closed.Close()
		for err = nil; err == nil; {
			_, err = closed.Next(t.Context())
		}
		if kind(err) != engine.Unavailable {
			t.Errorf("one that was closed: %v", err)
		}
	})
}

// Figures are sent every 30 s; what they count is what was stored.
func TestMetrics(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		w.after(31 * time.Second)
		m := w.monitor.Metrics()
		if m.Services[engine.Running] != 1 || m.Available != 1 || m.Well != 1 || m.Nodes[engine.NodeSynced] != 1 || m.Revision != "p1" {
			t.Errorf("gauges: %+v", m)
		}
		if m.Ended["create succeeded"] != 1 || m.Events[engine.EventActionStarted] != 1 || m.Decisions["planning.plan"] == 0 {
			t.Errorf("counters: %+v", m)
		}
		w.store.set(errAway, nil)
		w.after(30 * time.Second)
		w.apply(&engine.Spec{Node: nodeID, Replicas: 1, Version: "1", State: engine.Running, Criticality: "x"})
		w.after(30 * time.Second)
		if m.Refused {
			t.Error("a pack is refused before there is one")
		}
		w.keeper.refuses.Store(true)
		w.after(30 * time.Second)
		if m := w.monitor.Metrics(); m.Store == nil || m.Effects == 0 || !m.Refused {
			t.Errorf("while the store is away: %+v", m)
		}
		w.store.set(nil, nil)
	})
}

// A store without room is an alert, once, that leaves when there is room again; nothing is lost.
func TestFullStore(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		w.after(5 * time.Second)
		w.store.set(fmt.Errorf("commit batch: %w", runner.ErrFull), nil)
		next := *spec
		next.Criticality = "high"
		w.apply(&next)
		w.after(time.Minute)
		if n := len(w.monitor.Shown()); n != 0 {
			t.Errorf("%d alerts left before they were durable", n)
		}
		w.store.set(nil, nil)
		w.after(10 * time.Second)
		var codes []string
		for _, n := range w.monitor.Shown() {
			codes = append(codes, n.Code)
		}
		if len(codes) != 1 || codes[0] != engine.AlertStoreFull {
			t.Errorf("alerts: %v", codes)
		}
	})
}

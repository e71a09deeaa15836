package engine_test

import (
	"slices"
	"testing"
	"time"

	"statemanager/engine"
)

// The figures of a history that is known: Running for 10 m, out for 2 m, Running for 20 m, out for 4 m, Running since.
func TestTracker(t *testing.T) {
	var h engine.History
	now := engine.Instant(time.Hour)
	move := func(after time.Duration, from, to engine.Phase) {
		now = now.Add(after)
		h = h.After(engine.Moved{At: now, From: from, To: to, Trigger: engine.TriggerUnwell})
	}
	move(0, engine.Pending, engine.Running)
	move(10*time.Minute, engine.Running, engine.Degraded)
	h = h.After(engine.Crash{At: now}).After(engine.Crash{At: now, Apart: true})
	move(2*time.Minute, engine.Degraded, engine.Running)
	move(20*time.Minute, engine.Running, engine.Degraded)
	move(4*time.Minute, engine.Degraded, engine.Running)
	now = now.Add(4 * time.Minute)
	v := engine.Track(&engine.Record{History: h}, time.Hour, now)
	want := engine.StabilityMetrics{Window: time.Hour, Transitions: 5, Crashes: 1, Running: 34.0 / 40, ToRecover: 3 * time.Minute, BetweenFailures: 15 * time.Minute}
	if v.Metrics != want {
		t.Errorf("metrics %+v, want %+v", v.Metrics, want)
	}
	if len(v.Times) != 2 || len(v.Times[0].Durations) != 2 || v.Times[0].Durations[0] != 10*time.Minute || v.Times[1].Durations[1] != 4*time.Minute {
		t.Errorf("times %+v", v.Times)
	}
	m := engine.Track(&engine.Record{History: h}, 10*time.Minute, now).Metrics
	if m.Transitions != 2 || m.Running != 0.6 || m.ToRecover != 4*time.Minute || m.BetweenFailures != 20*time.Minute {
		t.Errorf("of the last ten minutes: %+v", m)
	}
}

// A new service, and one whose history a retry has cleared, is in the phase that its record holds since it entered that:
// no change of phase.
func TestTrackerWithoutMoves(t *testing.T) {
	r := &engine.Record{Phase: engine.Running, PhaseAt: engine.Instant(time.Hour)}
	v := engine.Track(r, time.Hour, engine.Instant(90*time.Minute))
	if want := (engine.StabilityMetrics{Window: time.Hour, Running: 1}); v.Metrics != want {
		t.Errorf("metrics %+v, want %+v", v.Metrics, want)
	}
	if want := []engine.Moved{{At: r.PhaseAt, To: engine.Running}}; !slices.Equal(v.History, want) || v.Times != nil {
		t.Errorf("history %v, times %v, want history %v", v.History, v.Times, want)
	}
}

package engine

import (
	"slices"
	"time"
)

// Tracker is how the phases of a service have changed: the design document's StateTracker. It is derived from the history
// of the record when it is asked for.
type Tracker struct {
	History []Moved           // oldest first, at most MaxFigures
	Times   []TransitionTimes // by from and to
	Issues  []TransitionIssue // what stability has found in it
	Metrics StabilityMetrics
}

// TransitionTimes is how long the service stayed in a phase before it went to another.
type TransitionTimes struct {
	From, To  Phase
	Durations []time.Duration // oldest first
}

// TransitionIssue is an issue that the history shows, in the pack's words.
type TransitionIssue struct{ Issue, Text string }

// StabilityMetrics are figures over a window. What is not known is zero.
type StabilityMetrics struct {
	Window          time.Duration
	Transitions     int
	Crashes         int // those while a dependency was down not counted
	Attempts        int // of recovery, that count
	Running         float64
	ToRecover       time.Duration // on average, from leaving Running until it was Running again
	BetweenFailures time.Duration // on average, Running until it left that
}

// track derives the tracker of a service.
func (s *step) track(v *service, now Instant) Tracker {
	t := Track(v.rec, s.pack.Stability, now)
	u := v.unrest()
	for _, issue := range u.found {
		t.Issues = append(t.Issues, TransitionIssue{issue, said(u.foundWhy)})
	}
	return t
}

// Track is what a record alone says. Where no change of phase is known it begins with the phase that the record holds.
func Track(r *Record, window time.Duration, now Instant) Tracker {
	h := r.History
	if len(h.Moves) == 0 {
		h.Moves = []Moved{{At: r.PhaseAt, To: r.Phase}}
	}
	return Tracker{History: h.Moves, Times: h.times(), Metrics: h.metrics(window, now)}
}

// times are how long each phase lasted that was left, by the transition.
func (h History) times() (out []TransitionTimes) {
	for i := 1; i < len(h.Moves); i++ {
		m := h.Moves[i]
		at := slices.IndexFunc(out, func(t TransitionTimes) bool { return t.From == m.From && t.To == m.To })
		if at < 0 {
			at, out = len(out), append(out, TransitionTimes{From: m.From, To: m.To})
		}
		out[at].Durations = append(out[at].Durations, m.At.Sub(h.Moves[i-1].At))
	}
	return out
}

// metrics are the figures over a window that ends now.
func (h History) metrics(window time.Duration, now Instant) StabilityMetrics {
	m := StabilityMetrics{Window: window}
	first := now.Add(-window)
	for _, x := range h.Moves {
		if x.At > first && x.From != "" {
			m.Transitions++
		}
	}
	for _, c := range h.Crashes {
		if c.At > first && !c.Apart {
			m.Crashes++
		}
	}
	for _, a := range h.Attempts {
		if a.At > first && a.By == ByRecovery {
			m.Attempts++
		}
	}
	h.spans(first, now, &m)
	return m
}

// spans takes the times in the phase Running, and out of it, of what happened within the window.
func (h History) spans(first, now Instant, m *StabilityMetrics) {
	var seen, running time.Duration
	var up, down average
	var entered, left Instant
	for i, x := range h.Moves {
		end := now
		if i+1 < len(h.Moves) {
			end = h.Moves[i+1].At
		}
		span := max(end.Sub(max(x.At, first)), 0)
		if seen += span; x.To == Running {
			running += span
		}
		switch {
		case x.To == Running:
			down.add(left, x.At, first)
			entered, left = x.At, 0
		case x.From == Running:
			up.add(entered, x.At, first)
			entered, left = 0, x.At
		}
	}
	if seen > 0 {
		m.Running = float64(running) / float64(seen)
	}
	m.BetweenFailures, m.ToRecover = up.value(), down.value()
}

// average is one of times that ended within a window.
type average struct {
	sum time.Duration
	n   int
}

func (a *average) add(from, to, first Instant) {
	if from != 0 && to > first {
		a.sum, a.n = a.sum+to.Sub(from), a.n+1
	}
}

func (a *average) value() time.Duration { return a.sum / time.Duration(max(a.n, 1)) }

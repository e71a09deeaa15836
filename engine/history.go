package engine

import (
	"cmp"
	"slices"
	"time"
)

// History is what happened to a service, raw: counts are taken when policy is asked, and saturate then (rule 5.7).
// Lists hold the newest last and are bounded.
type History struct {
	Attempts []Attempt
	Crashes  []Crash
	Moves    []Moved  // phase changes
	Intents  []Intent // disruptive ones, for budgets
	Exited   []Exited // instances that are still reported as exited: each is counted once (rule 5.6)
}

// Attempt is an action that counts.
type Attempt struct {
	Kind   ActionKind
	Result Result
	At     Instant
	Node   string
	By     By
}

// Crash is an exit that no action of ours caused.
type Crash struct {
	At      Instant
	Version string
	Ran     time.Duration // how long it had been well
	Apart   bool          // a dependency was down: counted apart
}

// Intent is a disruptive action, by its key.
type Intent struct {
	At   Instant
	Node string
	EpochSeq
}

// Exited is an instance that has been counted.
type Exited struct{ Node, ID string }

// Happening is one thing that can happen to a history: an Attempt, a Crash, a Moved, an Intent, an Onward, a Seen, a
// Steadied or a Cleared.
type Happening interface{ happening() }

// Onward says that a disruptive action goes on under another key, as a relocation does: it stays one intent.
type Onward struct{ From, To EpochSeq }

// Moved is a change of phase.
type Moved struct {
	At       Instant
	From, To Phase
	Trigger  Trigger
}

// Seen is what a node reports as exited now: others of that node are forgotten.
type Seen struct {
	Node string
	IDs  []string
}

// Steadied says that the service became stable: the pack's table says whose tries that clears.
type Steadied struct {
	At   Instant
	Pack *Pack
}

// Cleared is a new generation or a retry. What was spent of a budget stays spent (rule 1.4).
type Cleared struct{}

func (Attempt) happening()  {}
func (Crash) happening()    {}
func (Intent) happening()   {}
func (Moved) happening()    {}
func (Onward) happening()   {}
func (Seen) happening()     {}
func (Steadied) happening() {}
func (Cleared) happening()  {}

// After is the history after something has happened. It is the one function that says what history does to the facts,
// pure, and shares nothing that it changes with h. It commutes with saturation: what it drops changes no count that
// policy is told (rule 5.7).
func (h History) After(x Happening) History {
	switch x := x.(type) {
	case Attempt:
		if x.Result.Counts() {
			h.Attempts = grow(h.Attempts, x, MaxTries, func(o Attempt) bool { return o.Kind == x.Kind && o.By == x.By })
		}
	case Crash:
		h.Crashes = grow(h.Crashes, x, MaxFigures, func(o Crash) bool { return o.Apart == x.Apart })
	case Moved:
		h.Moves = grow(h.Moves, x, MaxFigures, func(Moved) bool { return true })
	case Intent:
		h.Intents = grow(h.Intents, x, MaxFigures, func(Intent) bool { return true })
	case Onward:
		h.Intents = slices.Clone(h.Intents)
		for i := range h.Intents {
			if h.Intents[i].EpochSeq == x.From {
				h.Intents[i].EpochSeq = x.To
			}
		}
	case Seen:
		h.Exited = slices.DeleteFunc(slices.Clone(h.Exited), func(o Exited) bool { return o.Node == x.Node })
		for _, id := range x.IDs {
			h.Exited = append(h.Exited, Exited{x.Node, id})
		}
		slices.SortFunc(h.Exited, func(a, b Exited) int { return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.ID, b.ID)) })
	case Steadied:
		h.Attempts = slices.DeleteFunc(slices.Clone(h.Attempts), func(a Attempt) bool { return x.clears(a) })
	case Cleared:
		return History{Intents: h.Intents, Exited: h.Exited}
	}
	return h
}

// clears says whether an attempt is forgotten when its service is stable: windows go on to slide.
func (x Steadied) clears(a Attempt) bool {
	row := x.Pack.Row(a.Kind)
	return row == nil || row.Clears == 0 || x.At >= a.At.Add(row.Clears)
}

// grow appends x to a copy; of those alike at most most are kept, the newest.
func grow[T any](list []T, x T, most int, alike func(T) bool) []T {
	n, out := 1, append(slices.Clone(list), x)
	first := -1
	for i, o := range list {
		if alike(o) {
			if n++; first < 0 {
				first = i
			}
		}
	}
	if n > most {
		out = slices.Delete(out, first, first+1)
	}
	return out
}

// Tries counts recovery's attempts of each action, by the index of Pack.Actions; next is when one leaves its window.
func (h History) Tries(p *Pack, now Instant) (n [MaxActions]uint8, next Instant) {
	for _, a := range h.Attempts {
		i := p.index(a.Kind)
		if a.By != ByRecovery || i < 0 || i >= MaxActions {
			continue
		}
		if w := p.Actions[i].Clears; w > 0 {
			if now >= a.At.Add(w) {
				continue
			}
			next = earlier(next, a.At.Add(w))
		}
		n[i] = min(n[i]+1, MaxTries)
	}
	return n, next
}

// Figures counts what stability is told within a window; next is when one leaves it.
func (h History) Figures(window time.Duration, now Instant) (moves, crashes uint8, next Instant) {
	in := func(at Instant) uint8 {
		if now >= at.Add(window) {
			return 0
		}
		next = earlier(next, at.Add(window))
		return 1
	}
	for _, m := range h.Moves {
		moves = min(moves+in(m.At), MaxFigures)
	}
	for _, c := range h.Crashes {
		if !c.Apart {
			crashes = min(crashes+in(c.At), MaxFigures)
		}
	}
	return moves, crashes, next
}

// Last is the newest attempt that counts, planning's included; none before the first.
func (h History) Last() Attempt {
	if n := len(h.Attempts); n > 0 {
		return h.Attempts[n-1]
	}
	return Attempt{Kind: "none", Result: "none"}
}

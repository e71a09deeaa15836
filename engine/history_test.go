package engine_test

import (
	"flag"
	"testing"
	"time"

	"pgregory.net/rapid"

	"statemanager/engine"
)

// Rapid draws the same worlds in each run, so that what is red was made so by a change; -rapid.seed=0 draws others.
func init() { _ = flag.Set("rapid.seed", "1") }

var testPack = &engine.Pack{Actions: []engine.ActionRow{{Name: "recreate", Clears: time.Hour}, {Name: "restart"}}}

// full is what happened, all of it: what History forgets must change no count that policy is told.
type full []engine.Happening

func (f full) tries(now engine.Instant) (n [engine.MaxActions]uint8) {
	for i, x := range f {
		a, ok := x.(engine.Attempt)
		if !ok || !a.Result.Counts() || a.By != engine.ByRecovery || f.cleared(i, a) {
			continue
		}
		row := map[engine.ActionKind]int{"recreate": 0, "restart": 1}[a.Kind]
		if row == 0 && now >= a.At.Add(time.Hour) {
			continue
		}
		n[row] = min(n[row]+1, engine.MaxTries)
	}
	return n
}

// cleared says whether something after the attempt has made it forgotten.
func (f full) cleared(i int, a engine.Attempt) bool {
	for _, x := range f[i+1:] {
		switch x := x.(type) {
		case engine.Cleared:
			return true
		case engine.Steadied:
			if a.Kind == "restart" || x.At >= a.At.Add(time.Hour) {
				return true
			}
		}
	}
	return false
}

func (f full) crashes(now engine.Instant) (n uint8) {
	for i, x := range f {
		c, ok := x.(engine.Crash)
		gone := false
		for _, y := range f[i+1:] {
			_, clear := y.(engine.Cleared)
			gone = gone || clear
		}
		if ok && !c.Apart && !gone && now < c.At.Add(time.Hour) {
			n = min(n+1, engine.MaxFigures)
		}
	}
	return n
}

// intents counts those within a window, as the budget of a service does.
func (f full) intents(now engine.Instant, limit int) (n int) {
	for _, x := range f {
		if i, ok := x.(engine.Intent); ok && now < i.At.Add(time.Hour) {
			n = min(n+1, limit)
		}
	}
	return n
}

// Rules 5.7 and 8.3: no budget that a pack may have counts an intent that a history has dropped.
func TestIntentsCommuteWithSaturation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h engine.History
		var all full
		now := engine.Instant(time.Hour)
		for range rapid.IntRange(0, 2*engine.MaxFigures).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "seconds")) * time.Second)
			x := engine.Happening(engine.Intent{At: now})
			if rapid.IntRange(0, 9).Draw(t, "other") == 0 {
				x = happening(t, now)
			}
			h, all = h.After(x), append(all, x)
		}
		var kept full
		for _, i := range h.Intents {
			kept = append(kept, i)
		}
		for limit := range engine.MaxFigures + 1 {
			if got, want := kept.intents(now, limit), all.intents(now, limit); got != want {
				t.Fatalf("%d intents for a limit of %d, want %d", got, limit, want)
			}
		}
	})
}

// Rule 5.7: history commutes with saturation. A history that keeps bounded lists tells policy the same counts as one that
// forgets nothing.
func TestHistoryCommutesWithSaturation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var h engine.History
		var all full
		now := engine.Instant(time.Hour)
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "seconds")) * time.Second)
			x := happening(t, now)
			h, all = h.After(x), append(all, x)
		}
		if got, _ := h.Tries(testPack, now); got != all.tries(now) {
			t.Fatalf("tries %v, want %v", got, all.tries(now))
		}
		if _, got, _ := h.Figures(time.Hour, now); got != all.crashes(now) {
			t.Fatalf("crashes %d, want %d", got, all.crashes(now))
		}
	})
}

func happening(t *rapid.T, now engine.Instant) engine.Happening {
	switch rapid.IntRange(0, 99).Draw(t, "what") {
	case 6:
		return engine.Onward{To: engine.EpochSeq{Epoch: 1, Seq: 1}}
	case 0:
		return engine.Cleared{}
	case 1:
		return engine.Steadied{At: now, Pack: testPack}
	case 2, 3, 4, 5:
		return engine.Moved{At: now, From: engine.Running, To: engine.Degraded}
	}
	if rapid.Bool().Draw(t, "crash") {
		return engine.Crash{At: now, Apart: rapid.IntRange(0, 3).Draw(t, "apart") == 0}
	}
	return engine.Attempt{At: now, Kind: rapid.SampledFrom([]engine.ActionKind{"restart", "recreate"}).Draw(t, "kind"),
		Result: rapid.SampledFrom([]engine.Result{engine.Succeeded, engine.Failed, engine.NeverRan}).Draw(t, "result"),
		By:     rapid.SampledFrom([]engine.By{engine.ByRecovery, engine.ByRecovery, engine.ByPlan}).Draw(t, "by")}
}

// What After returns shares nothing that it changes with what it was called on.
func TestAfterIsPure(t *testing.T) {
	h := engine.History{}.After(engine.Crash{At: 1})
	a, b := h.After(engine.Crash{At: 2}), h.After(engine.Crash{At: 3})
	if len(h.Crashes) != 1 || a.Crashes[1].At != 2 || b.Crashes[1].At != 3 {
		t.Errorf("%v, %v and %v share a list", h, a, b)
	}
}

// Rule 5.7: the moment at which the next attempt leaves its window is told, since that is a happening.
func TestTriesLeaveTheirWindow(t *testing.T) {
	h := engine.History{}.After(engine.Attempt{Kind: "recreate", Result: engine.Failed, By: engine.ByRecovery, At: 100})
	n, next := h.Tries(testPack, 101)
	if n[0] != 1 || next != engine.Instant(100).Add(time.Hour) {
		t.Errorf("%d tries until %d", n[0], next)
	}
	if n, next := h.Tries(testPack, next); n[0] != 0 || next != 0 {
		t.Errorf("after its window %d tries until %d", n[0], next)
	}
}

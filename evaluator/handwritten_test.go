package evaluator

import (
	cmdline "flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"statemanager/engine"
)

// Rapid draws the same worlds in each run, so that what is red was made so by a change; -rapid.seed=0 draws others.
func init() { _ = cmdline.Set("rapid.seed", "1") }

// handwritten is the default pack's recovery as plain Go would have it: the yardstick of BenchmarkDecide and, since
// TestHandwritten compares the two, a second implementation of those rules.
type handwritten struct {
	actions    []engine.ActionRow
	strategies map[string][]engine.ActionKind
	allowed    map[engine.Phase]map[engine.ActionKind]bool
	atOnce     map[engine.ActionKind]bool
	backoff    []time.Duration
}

func newHandwritten(p *Policy) *handwritten {
	h := &handwritten{actions: p.tables.Actions, strategies: map[string][]engine.ActionKind{}, allowed: p.tables.Allowed, atOnce: map[engine.ActionKind]bool{}}
	data := row{read(p.files, &gate{}).data, "data", "data", &gate{}}
	for _, r := range data.at("strategies").rows() {
		h.strategies[r.key] = kinds(r.strs())
	}
	for _, r := range data.at("actions").rows() {
		h.atOnce[engine.ActionKind(r.key)] = r.at("at_once").boolean()
	}
	for _, text := range data.at("backoff").strs() {
		d, _ := time.ParseDuration(text)
		h.backoff = append(h.backoff, d)
	}
	return h
}

func (h *handwritten) decide(f *engine.RecoveryFacts) (a engine.RecoveryAnswer, why []engine.Reason) {
	rungs, ok := h.strategies[f.Issue]
	if !ok {
		rungs = h.strategies[other]
	}
	failures := 0
	for i, a := range h.actions {
		if a.Name != engine.Notify {
			failures += int(f.Tries[i])
		}
	}
	reason := func(code, text string, k engine.ActionKind) {
		why = append(why, engine.Reason{Code: code, Text: fmt.Sprintf(text, k, failures),
			Args: []engine.Field{{Name: "action", Value: string(k)}, {Name: "failures", Value: fmt.Sprint(failures)}}})
	}
	next := h.next(f, h.queue(f, rungs))
	switch silent := f.Source != "reachable"; {
	case f.Source == "fencing", silent && f.WideSilence, silent && next == "",
		f.Dependencies == "some_down" && f.Issue != engine.IssueNodeSilent && f.Issue != engine.IssueActionStuck,
		f.Issue == engine.IssueActionStuck && next == "":
		reason("wait", "%s: wait after %d", engine.Wait)
		return engine.RecoveryAnswer{Action: engine.Wait}, why
	case next == "":
		reason("nothing_left", "%s: nothing is left to try (attempts so far: %d)", engine.GiveUp)
		return engine.RecoveryAnswer{Action: engine.GiveUp}, why
	}
	reason("next", "%s is the next entry of its strategy that can help (attempts so far: %d)", next)
	if a = (engine.RecoveryAnswer{Action: next}); !h.atOnce[next] {
		a.After = h.backoff[min(failures, len(h.backoff)-1)]
	}
	return a, why
}

// queue is the strategy with what goes first at its front.
func (h *handwritten) queue(f *engine.RecoveryFacts, rungs []engine.ActionKind) []engine.ActionKind {
	ahead := func(k engine.ActionKind) bool {
		switch k {
		case engine.Rollback, engine.ResetConfig:
			return f.WideVersion || f.Cause == "bad_config"
		case engine.Relocate:
			return f.WideNode && h.tries(f, engine.Restart) > 0
		}
		return false
	}
	queue := make([]engine.ActionKind, 0, len(rungs))
	for _, first := range []bool{true, false} {
		for _, k := range rungs {
			if ahead(k) == first {
				queue = append(queue, k)
			}
		}
	}
	return queue
}

// next is the first entry that can help and was not tried as often as it stands in the queue so far.
func (h *handwritten) next(f *engine.RecoveryFacts, queue []engine.ActionKind) engine.ActionKind {
	for i, k := range queue {
		n := 0
		for _, o := range queue[:i+1] {
			if o == k {
				n++
			}
		}
		if h.tries(f, k) < n && !h.skipped(f, k) {
			return k
		}
	}
	return ""
}

func (h *handwritten) tries(f *engine.RecoveryFacts, k engine.ActionKind) int {
	for i := range h.actions {
		if h.actions[i].Name == k {
			return int(f.Tries[i])
		}
	}
	return 0
}

func (h *handwritten) skipped(f *engine.RecoveryFacts, k engine.ActionKind) bool {
	reachable := f.Source == "reachable"
	switch {
	case f.Phase != engine.NoPhase && !h.allowed[f.Phase][k],
		!reachable && k != engine.Notify && !(k == engine.Relocate && f.Source == "fenced"),
		f.Issue == engine.IssueActionStuck && k != engine.Notify,
		f.LastAction == engine.Isolate && f.LastResult == engine.Succeeded && k != engine.Notify:
		return true
	}
	switch k {
	case engine.Relocate:
		return f.Targets == "none" || reachable && (f.GoodVersion == "none" || f.WideGroup)
	case engine.Rollback:
		return f.GoodVersion != "differs"
	case engine.ResetConfig:
		return f.GoodVersion == "differs" || f.GoodConfig != "differs"
	}
	return false
}

// TestHandwritten holds that policy and plain Go answer alike, whatever the facts.
func TestHandwritten(t *testing.T) {
	p := quick(t)
	e, h := serve(p), newHandwritten(p)
	rapid.Check(t, func(t *rapid.T) {
		f := drawCrash(t, p)
		d := e.Decide(engine.Question{Revision: p.Revision(), Facts: f})
		got, ok := d.Answer.(engine.RecoveryAnswer)
		want, _ := h.decide(&f)
		if !ok || got.Action != want.Action || got.After != want.After {
			t.Fatalf("policy: %+v %s, plain Go: %+v, for %+v", d.Answer, d.FailSafe, want, f)
		}
	})
}

func drawCrash(t *rapid.T, p *Policy) engine.RecoveryFacts {
	word := func(name string, words ...string) string { return rapid.SampledFrom(words).Draw(t, name) }
	f := crash(p)
	f.Issue = rapid.SampledFrom(append(slices.Clone(p.tables.Issues), other)).Draw(t, "issue")
	f.Phase = rapid.SampledFrom(engine.Phases).Draw(t, "phase")
	f.Cause = word("cause", other, "bad_config", "killed")
	for i := range p.tables.Actions {
		f.Tries[i] = rapid.SampledFrom([]uint8{0, 0, 0, 1, 2, 5}).Draw(t, "tries")
	}
	f.LastAction = rapid.SampledFrom([]engine.ActionKind{"none", engine.Restart, engine.Isolate}).Draw(t, "last")
	f.LastResult = rapid.SampledFrom([]engine.Result{"none", engine.Succeeded, engine.Failed}).Draw(t, "result")
	f.GoodVersion, f.GoodConfig = word("version", "none", "same", "differs"), word("config", "none", "same", "differs")
	f.Targets, f.Source = word("targets", "none", "some"), word("source", "reachable", "reachable", "silent", "fencing", "fenced")
	f.Dependencies = word("dependencies", "all_well", "all_well", "some_down")
	yes := rapid.Bool()
	f.WideVersion, f.WideNode, f.WideGroup, f.WideSilence = yes.Draw(t, "v"), yes.Draw(t, "n"), yes.Draw(t, "g"), yes.Draw(t, "s")
	return f
}

// BenchmarkCachedDecision compares a question that was asked before, its key made anew, with plain Go that decides.
func BenchmarkCachedDecision(b *testing.B) {
	p := benchPolicy(b)
	e, h := serve(p), newHandwritten(p)
	f := crash(p)
	q := engine.Question{Revision: p.Revision(), Facts: f}
	var ours, theirs time.Duration
	const turn = 100 // so that the clock costs nothing
	for b.Loop() {
		start := time.Now()
		for range turn {
			e.Decide(q)
		}
		between := time.Now()
		for range turn {
			h.decide(&f)
		}
		ours, theirs = ours+between.Sub(start), theirs+time.Since(between)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N)/turn, "cached-ns")
	b.ReportMetric(float64(ours)/float64(theirs), "vs-plain-go")
}

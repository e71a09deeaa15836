package engine_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"statemanager/engine"
)

// Rule 8.1: a timer that is loaded ends early or runs once more in full, never longer.
func TestTimerLoaded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := engine.Instant(rapid.Int64Range(1, 1e15).Draw(t, "now"))
		x := engine.Timer{Armed: engine.Instant(rapid.Int64Range(1, 1e15).Draw(t, "armed")), Delay: time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "delay"))}
		left := x.Loaded(now).Due().Sub(now)
		if left > x.Delay {
			t.Fatalf("%v left of %v", left, x.Delay)
		}
		if x.Armed <= now && x.Loaded(now) != x {
			t.Fatal("a timer of the past was changed")
		}
	})
}

func TestTimerNotSet(t *testing.T) {
	if (engine.Timer{}).Set() || (engine.Timer{Delay: 1}).Past(100) {
		t.Error("a timer that was never armed has ended")
	}
}

// Rule 1.1: no name is a prefix of another's, so ids that look alike are different ids with an order.
func TestIDsThatLookAlike(t *testing.T) {
	ids := []engine.ResourceID{engine.Service("ab", "web"), engine.Service("a", "web1"), engine.Service("a", "web")}
	slices.SortFunc(ids, engine.ResourceID.Compare)
	want := []string{"a/web", "a/web1", "ab/web"}
	for i, id := range ids {
		if id.String() != want[i] {
			t.Errorf("%d: got %s, want %s", i, id, want[i])
		}
	}
}

// Rule 3.1: of two actions the one of the higher epoch was made later, whatever their numbers.
func TestEpochSeqAbove(t *testing.T) {
	a, b := engine.EpochSeq{Epoch: 2, Seq: 1}, engine.EpochSeq{Epoch: 1, Seq: 9}
	if !a.Above(b) || b.Above(a) || a.Above(a) || !(engine.EpochSeq{Epoch: 1, Seq: 10}).Above(b) {
		t.Error("wrong order")
	}
}

// Rule 1.4: a new generation leaves overrides in force but isolation, and those whose own field it changed.
func TestOverridesAfterANewGeneration(t *testing.T) {
	o := engine.Overrides{Pair: &engine.Pair{Version: "1"}, Node: "b", Isolated: true}
	old := engine.Spec{Node: "a", Version: "2", Replicas: 1}
	for _, c := range []struct {
		name string
		edit func(*engine.Spec)
		want engine.Overrides
	}{
		{"replicas", func(s *engine.Spec) { s.Replicas = 2 }, engine.Overrides{Pair: o.Pair, Node: "b"}},
		{"version", func(s *engine.Spec) { s.Version = "3" }, engine.Overrides{Node: "b"}},
		{"config", func(s *engine.Spec) { s.Config = map[string]string{"x": "y"} }, engine.Overrides{Node: "b"}},
		{"node", func(s *engine.Spec) { s.Node = "c" }, engine.Overrides{Pair: o.Pair}},
	} {
		now := old
		c.edit(&now)
		if got := o.After(&old, &now); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// A fact's name and domain stand in the tags: what a decision is recorded with are the names that policy uses.
func TestFields(t *testing.T) {
	p := &engine.Pack{Actions: []engine.ActionRow{{Name: "restart"}}, Ages: []engine.Age{{Name: "spec"}}, Site: []engine.SiteFact{{Name: "vehicle"}}}
	f := engine.RecoveryFacts{Issue: "crash"}
	f.Site[0], f.Tries[0], f.Recent[0] = "parked", 2, true
	got := map[string]string{}
	for _, x := range engine.Fields(f, p) {
		got[x.Name] = x.Value
	}
	for name, want := range map[string]string{"issue": "crash", "site.vehicle": "parked", "tries.restart": "2", "recent.spec": "true", "last_good.version": "", "widespread.silence": "false"} {
		if v, ok := got[name]; !ok || v != want {
			t.Errorf("%s is %q, want %q", name, v, want)
		}
	}
	answer := engine.Fields(engine.DispatchAnswer{Run: true}, p)
	if len(answer) != 1 || answer[0] != (engine.Field{Name: "verdict", Value: "run"}) {
		t.Errorf("got %v", answer)
	}
}

// Causes match an exit by code, signal and lack of memory; what is not said matches anything.
func TestCauses(t *testing.T) {
	yes := true
	p := &engine.Pack{Causes: []engine.Cause{{Name: "out_of_memory", OOM: &yes}, {Name: "bad_config", ExitCodes: []int32{78}}, {Name: "killed", Signals: []int32{9}}}}
	for want, x := range []engine.Exit{{Signal: 9, OOM: true}, {Code: 78}, {Signal: 9}, {Code: 1}} {
		if got := p.CauseRank(x); got != want {
			t.Errorf("%+v is of row %d, want %d", x, got, want)
		}
	}
}

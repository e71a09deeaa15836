package wire

import (
	"testing"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// TestResults: each kind of result that the design document names is told, with how it ended and why.
func TestResults(t *testing.T) {
	crashed := &engine.StateDiff{Status: &engine.StatusDiff{Status: "crashed"}}
	seen := func(o engine.Observation) []engine.Observation {
		o.Home = true
		return []engine.Observation{{Diff: crashed}, o}
	}
	ladder := func(s engine.LadderState) *engine.Ladder {
		return &engine.Ladder{State: s, Issue: "crash", Why: []engine.Reason{{Text: "spent"}}}
	}
	for _, c := range []struct {
		name   string
		view   engine.View
		record engine.Record
		ladder string // an open one, of which no more is asked
		want   string // of the last of them
	}{
		{name: "nothing yet"},
		{name: "as wanted", view: engine.View{Seen: seen(engine.Observation{Current: true, Diff: &engine.StateDiff{}})}, want: "processing  succeeded: seen as wanted"},
		{name: "different", view: engine.View{Seen: seen(engine.Observation{Current: true, Diff: crashed})}, want: "processing status: crashed succeeded: the difference counts"},
		{name: "blind", view: engine.View{Seen: seen(engine.Observation{Blind: true, Diff: crashed})}, want: "processing status: crashed set_aside: the node's agent cannot see it"},
		{name: "old", view: engine.View{Seen: seen(engine.Observation{Diff: crashed})}, want: "processing status: crashed set_aside: it is not of now: the node is silent or not synced, or it is of an older spec"},
		{name: "elsewhere", view: engine.View{Seen: []engine.Observation{{Current: true, Diff: crashed}}}},
		{name: "planned", record: engine.Record{Plan: &engine.Plan{At: 5, Actions: []engine.ActionKind{"stop", "start"}}}, want: "reconciliation stop start under_way: not yet seen as wanted"},
		{name: "done", view: engine.View{Seen: seen(engine.Observation{At: 6, Current: true, Diff: &engine.StateDiff{}})}, record: engine.Record{Plan: &engine.Plan{At: 5, Issue: "crash"}}, want: "reconciliation crash succeeded: seen as wanted"},
		{name: "seen before", view: engine.View{Seen: seen(engine.Observation{At: 4, Current: true, Diff: &engine.StateDiff{}})}, record: engine.Record{Plan: &engine.Plan{At: 5, Issue: "crash"}}, want: "reconciliation crash under_way: not yet seen as wanted"},
		{name: "still differs", view: engine.View{Seen: seen(engine.Observation{At: 6, Current: true, Diff: crashed})}, record: engine.Record{Plan: &engine.Plan{At: 5, Issue: "crash"}}, want: "reconciliation crash under_way: not yet seen as wanted"},
		{name: "failed", record: engine.Record{Plan: &engine.Plan{Actions: []engine.ActionKind{"create"}}}, ladder: engine.IssuePlanFailed, want: "reconciliation create failed: its action did not bring what is wanted: recovery goes on from there"},
		{name: "acted", record: engine.Record{History: engine.History{Attempts: []engine.Attempt{{Kind: "stop"}, {Kind: "restart", Result: "timed_out", By: "recovery"}}}}, want: "execution restart timed_out: asked by recovery"},
		{name: "recovers", record: engine.Record{Ladder: ladder(engine.LadderOpen)}, want: "recovery crash under_way: recovery goes on"},
		{name: "recovered", record: engine.Record{Ladder: ladder(engine.LadderIdle)}, want: "recovery crash succeeded: its last action worked"},
		{name: "gave up", record: engine.Record{Ladder: ladder(engine.LadderClosed)}, want: "recovery crash gave_up: spent"},
	} {
		c.view.Record = &c.record
		got := ""
		if c.ladder != "" {
			c.record.Ladder = &engine.Ladder{State: engine.LadderOpen, Issue: c.ladder}
		}
		for _, m := range resultsToProto(runner.Service{View: c.view}) {
			if c.ladder != "" && m.Kind == "recovery" {
				continue
			}
			got = m.Kind + " " + m.What + " " + m.Result + ": " + m.Reason
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

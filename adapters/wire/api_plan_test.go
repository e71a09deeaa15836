package wire

import (
	"testing"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// TestDonePlanIsNotShown: a plan is shown until what is seen after it is as wanted, also when the node is silent then.
func TestDonePlanIsNotShown(t *testing.T) {
	r := &engine.Record{Plan: &engine.Plan{At: 5, Actions: []engine.ActionKind{"create"}}}
	shows := func(o engine.Observation) bool {
		o.Home = true
		return ServiceStateToProto(runner.Service{View: engine.View{Record: r, Seen: []engine.Observation{o}}}).Status.Plan != nil
	}
	differs, same := &engine.StateDiff{Existence: &engine.ExistenceDiff{}}, &engine.StateDiff{}
	if !shows(engine.Observation{At: 6, Current: true, Diff: differs}) || !shows(engine.Observation{At: 4, Current: true, Diff: same}) {
		t.Error("a plan that is not done is not shown")
	}
	if shows(engine.Observation{At: 6, Current: true, Diff: same}) || shows(engine.Observation{At: 6, Diff: same}) {
		t.Error("a plan that is done is shown")
	}
}

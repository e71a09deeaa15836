package wire

import (
	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// planToProto is the newest answer of planning; absent if there is none, or it is done. What the pack's table says of each
// action is not known here: PlanRows adds it.
func planToProto(id engine.ResourceID, p *engine.Plan, o *engine.Observation) *apiv1.ActionPlan {
	if p == nil || planDone(p, o) {
		return nil
	}
	return &apiv1.ActionPlan{
		ResourceId: ResourceToProto(id), Priority: uint32(p.Priority), Critical: p.Critical, Impact: p.Impact, Issue: p.Issue, Node: p.Node,
		EstimatedDuration: durationpb.New(p.Estimated), Made: InstantToProto(p.At), Reasons: each(p.Reasons, ReasonToProto),
		Actions: each(p.Actions, func(k engine.ActionKind) *apiv1.PlannedAction { return &apiv1.PlannedAction{Kind: string(k)} }),
	}
}

// PlanRows adds to a plan what the table of a pack says of its actions.
func PlanRows(m *apiv1.ActionPlan, p *engine.Pack) {
	for _, a := range m.GetActions() {
		if row := p.Row(engine.ActionKind(a.Kind)); row != nil {
			a.EstimatedDuration, a.Impact = durationpb.New(row.Estimated), row.Impact
		}
	}
}

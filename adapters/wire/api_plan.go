package wire

import (
	"slices"

	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// planToProto is the newest answer of planning; absent if there is none. What the pack's table says of each action is not
// known here: PlanRows adds it.
func planToProto(id engine.ResourceID, p *engine.Plan) *apiv1.ActionPlan {
	if p == nil {
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

// resultsToProto are the last results of the work for a service: of its plan, its last action, and its recovery.
func resultsToProto(r *engine.Record, well engine.Instant) (out []*apiv1.Result) {
	if p := r.Plan; p != nil {
		m := &apiv1.Result{Kind: "reconciliation", Result: "under_way", What: planText(p), Reason: "not yet seen as wanted", Time: InstantToProto(p.At)}
		if well > p.At {
			m.Result, m.Reason, m.Time = "succeeded", "seen as wanted", InstantToProto(well)
		}
		out = append(out, m)
	}
	if n := len(r.History.Attempts); n > 0 {
		a := r.History.Attempts[n-1]
		out = append(out, &apiv1.Result{Kind: "execution", Result: string(a.Result), What: string(a.Kind), Reason: "asked by " + string(a.By), Time: InstantToProto(a.At)})
	}
	if l := r.Ladder; l != nil {
		m := &apiv1.Result{Kind: "recovery", Result: "under_way", What: l.Issue, Reason: "the ladder is open", Time: InstantToProto(l.Opened)}
		switch l.State {
		case engine.LadderIdle:
			m.Result, m.Reason = "succeeded", "its last action worked"
		case engine.LadderClosed:
			m.Result, m.Reason, m.Time = "gave_up", reasonText(l.Why), InstantToProto(l.Closed)
		}
		out = append(out, m)
	}
	return out
}

func planText(p *engine.Plan) string {
	if p.Issue != "" {
		return p.Issue
	}
	text := ""
	for i, k := range p.Actions {
		if i > 0 {
			text += " "
		}
		text += string(k)
	}
	return text
}

func reasonText(why []engine.Reason) string {
	if len(why) == 0 {
		return ""
	}
	return why[0].Text
}

// reconciledAt is when a service was last reconciled: its last action ended, or it was seen as wanted.
func reconciledAt(r *engine.Record, well engine.Instant) engine.Instant {
	times := []engine.Instant{well}
	if n := len(r.History.Attempts); n > 0 {
		times = append(times, r.History.Attempts[n-1].At)
	}
	return slices.Max(times)
}

package wire

import (
	"slices"
	"strings"

	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// resultsToProto are the last results of the work for a service, of each kind that there is one of.
func resultsToProto(s runner.Service) (out []*apiv1.Result) {
	for _, m := range []*apiv1.Result{processed(s.Seen), reconciled(s.Record.Plan, s.WellSince), executed(s.Record.History.Attempts), recovered(s.Record.Ladder)} {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// processed is what became of the newest state diff of the node where the service is wanted.
func processed(seen []engine.Observation) *apiv1.Result {
	i := slices.IndexFunc(seen, func(o engine.Observation) bool { return o.Home })
	if i < 0 {
		return nil
	}
	o := seen[i]
	m := &apiv1.Result{Kind: "processing", Result: "succeeded", What: strings.Join(differences(o.Diff), ", "), Reason: "seen as wanted", Time: InstantToProto(o.At)}
	switch {
	case o.Blind:
		m.Result, m.Reason = "set_aside", "the node's agent cannot see it"
	case !o.Current:
		m.Result, m.Reason = "set_aside", "it is not of now: the node is silent or not synced, or it is of an older spec"
	case m.What != "":
		m.Reason = "the difference counts"
	}
	return m
}

func reconciled(p *engine.Plan, well engine.Instant) *apiv1.Result {
	switch {
	case p == nil:
		return nil
	case well > p.At:
		return &apiv1.Result{Kind: "reconciliation", Result: "succeeded", What: planText(p), Reason: "seen as wanted", Time: InstantToProto(well)}
	}
	return &apiv1.Result{Kind: "reconciliation", Result: "under_way", What: planText(p), Reason: "not yet seen as wanted", Time: InstantToProto(p.At)}
}

func executed(attempts []engine.Attempt) *apiv1.Result {
	if len(attempts) == 0 {
		return nil
	}
	a := attempts[len(attempts)-1]
	return &apiv1.Result{Kind: "execution", Result: string(a.Result), What: string(a.Kind), Reason: "asked by " + string(a.By), Time: InstantToProto(a.At)}
}

func recovered(l *engine.Ladder) *apiv1.Result {
	if l == nil {
		return nil
	}
	m := &apiv1.Result{Kind: "recovery", Result: "under_way", What: l.Issue, Reason: "the ladder is open", Time: InstantToProto(l.Opened)}
	switch l.State {
	case engine.LadderIdle:
		m.Result, m.Reason = "succeeded", "its last action worked"
	case engine.LadderClosed:
		m.Result, m.Reason, m.Time = "gave_up", reasonText(l.Why), InstantToProto(l.Closed)
	}
	return m
}

func planText(p *engine.Plan) string {
	if p.Issue != "" {
		return p.Issue
	}
	var kinds []string
	for _, k := range p.Actions {
		kinds = append(kinds, string(k))
	}
	return strings.Join(kinds, " ")
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

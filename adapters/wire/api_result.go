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
	home := seenAtHome(s.Seen)
	for _, m := range []*apiv1.Result{processed(home), reconciled(s.Record, home), executed(s.Record.History.Attempts), recovered(s.Record.Ladder)} {
		if m != nil {
			out = append(out, m)
		}
	}
	return out
}

// seenAtHome is the newest observation where the service is wanted; nil if there is none.
func seenAtHome(seen []engine.Observation) *engine.Observation {
	if i := slices.IndexFunc(seen, func(o engine.Observation) bool { return o.Home }); i >= 0 {
		return &seen[i]
	}
	return nil
}

// processed is what became of the newest state diff.
func processed(o *engine.Observation) *apiv1.Result {
	if o == nil {
		return nil
	}
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

// reconciled is what became of the newest plan: what is seen decides.
func reconciled(r *engine.Record, o *engine.Observation) *apiv1.Result {
	p := r.Plan
	if p == nil {
		return nil
	}
	m := &apiv1.Result{Kind: "reconciliation", Result: "under_way", What: planText(p), Reason: "not yet seen as wanted", Time: InstantToProto(p.At)}
	switch {
	case planDone(p, o):
		m.Result, m.Reason, m.Time = "succeeded", "seen as wanted", InstantToProto(o.At)
	case r.Ladder != nil && r.Ladder.Issue == engine.IssuePlanFailed && r.Ladder.State != engine.LadderIdle:
		m.Result, m.Reason = "failed", "its action did not bring what is wanted: recovery goes on from there"
	}
	return m
}

// planDone says whether a plan is behind us: what was seen after it is as wanted.
func planDone(p *engine.Plan, o *engine.Observation) bool {
	return o != nil && o.At > p.At && len(differences(o.Diff)) == 0
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
	m := &apiv1.Result{Kind: "recovery", Result: "under_way", What: l.Issue, Reason: "recovery goes on", Time: InstantToProto(l.Opened)}
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

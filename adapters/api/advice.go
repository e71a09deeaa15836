package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/adapters/wire"
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// GetRecoveryStrategy shows what the active pack does about an issue.
func (s *states) GetRecoveryStrategy(ctx context.Context, q *apiv1.RecoveryStrategyRequest) (*apiv1.RecoveryStrategy, error) {
	id, err := service(q.GetResourceId())
	if err != nil {
		return nil, err
	}
	x, err := s.Manager.Strategy(ctx, id, q.GetIssue())
	if err != nil {
		return nil, err
	}
	m := &apiv1.RecoveryStrategy{
		Profile: x.Profile, Issue: x.Issue, PolicyRevision: x.Revision, MaxRetryCount: uint32(x.Answer.MaxRetryCount),
		EscalationThreshold: uint32(x.Answer.EscalationThreshold),
	}
	for _, a := range x.Answer.Actions {
		m.Actions = append(m.Actions, string(a))
	}
	for _, d := range x.Answer.Backoff {
		m.Backoff = append(m.Backoff, durationpb.New(d))
	}
	if x.Answer.BackoffDelay > 0 {
		m.BackoffDelay = durationpb.New(x.Answer.BackoffDelay)
	}
	for _, r := range x.Reasons {
		m.Reasons = append(m.Reasons, wire.ReasonToProto(r))
	}
	for _, p := range x.Rules {
		m.Rules = append(m.Rules, p.String())
	}
	return m, nil
}

// GetAllowedActions shows the actions that a phase allows.
func (s *states) GetAllowedActions(ctx context.Context, q *apiv1.AllowedActionsRequest) (*apiv1.AllowedActionsResponse, error) {
	phase, err := s.phaseOf(ctx, q)
	if err != nil {
		return nil, err
	}
	p, err := s.Manager.Pack(ctx)
	if err != nil {
		return nil, err
	}
	rows := slices.DeleteFunc(slices.Clone(p.Actions), func(r engine.ActionRow) bool { return !p.Allowed[phase][r.Name] })
	slices.SortStableFunc(rows, func(a, b engine.ActionRow) int { return cmp.Compare(a.Rank, b.Rank) })
	m := &apiv1.AllowedActionsResponse{Phase: string(phase), PolicyRevision: p.Revision}
	for _, r := range rows {
		x := &apiv1.AllowedAction{Kind: string(r.Name), Rank: int32(r.Rank), Disruptive: r.Disruptive, Custom: r.Custom, Impact: r.Impact, Timeout: durationpb.New(r.Timeout)}
		if r.Estimated > 0 {
			x.EstimatedDuration = durationpb.New(r.Estimated)
		}
		m.Actions = append(m.Actions, x)
	}
	return m, nil
}

// phaseOf is the phase that is asked for: that of the service, if one is named.
func (s *states) phaseOf(ctx context.Context, q *apiv1.AllowedActionsRequest) (engine.Phase, error) {
	if q.GetResourceId() == nil {
		if p := engine.Phase(q.GetPhase()); slices.Contains(engine.Phases, p) {
			return p, nil
		}
		return "", invalid("phase: %.80q is none of %s; name a phase or a service", q.GetPhase(), phasesText())
	}
	id, err := service(q.GetResourceId())
	if err != nil {
		return "", err
	}
	v, err := s.Manager.View(ctx, id)
	if err == nil && v.Record == nil {
		err = &engine.Error{Kind: engine.Denied, Text: "service " + id.String() + " has no phase: nobody wants it, or its record cannot be read"}
	}
	if err != nil {
		return "", err
	}
	return v.Record.Phase, nil
}

func phasesText() string {
	var out []string
	for _, p := range engine.Phases {
		out = append(out, string(p))
	}
	return strings.Join(out, ", ")
}

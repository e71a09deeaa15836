package api

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

const (
	usualEvents    = 100
	mostEvents     = 10_000
	usualDecisions = 10
	mostExplained  = 1000 // entries of an explanation
)

// operator serves Operator.
type operator struct {
	apiv1.UnimplementedOperatorServer
	Config
}

// Retry starts a service's recovery afresh.
func (o *operator) Retry(ctx context.Context, r *apiv1.RetryRequest) (*apiv1.RetryResponse, error) {
	id, err := service(r.GetResourceId())
	if err != nil {
		return nil, err
	}
	text, err := o.Manager.Retry(ctx, id, r.GetDropOverrides())
	return &apiv1.RetryResponse{Text: text}, err
}

// Explain says how a service stands, why, and what comes next.
func (o *operator) Explain(ctx context.Context, r *apiv1.ExplainRequest) (*apiv1.ExplainResponse, error) {
	id, err := service(r.GetResourceId())
	if err != nil {
		return nil, err
	}
	v, err := o.Manager.View(ctx, id)
	if err != nil {
		return nil, o.gone(ctx, id, err)
	}
	entries, err := o.Manager.History(ctx, runner.HistoryFilter{Service: id, Decisions: true, Limit: mostExplained})
	if err != nil {
		return nil, err
	}
	pack, err := o.Manager.Pack(ctx)
	if err != nil {
		return nil, err
	}
	entries = lastDecisions(entries, int(min(cmp.Or(r.GetDecisions(), usualDecisions), mostExplained)))
	return &apiv1.ExplainResponse{State: shown(v, pack), Entries: fitting(entries), PolicyRevision: o.Policy().Active}, nil
}

// gone tells a service that was once known from one that never was.
func (o *operator) gone(ctx context.Context, id engine.ResourceID, err error) error {
	if engine.KindOf(err) != engine.NotFound || o.known(ctx, id) != nil {
		return err
	}
	return &engine.Error{Kind: engine.NotFound, Text: id.String() + " is gone: nobody wants it and nothing of it is seen; `statemanager events " + id.String() + "` tells what happened"}
}

// lastDecisions are the newest n decisions and what happened since the first of them.
func lastDecisions(entries []engine.Entry, n int) []engine.Entry {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].Decision == nil {
			continue
		}
		if n--; n == 0 {
			return entries[i:]
		}
	}
	return entries
}

// ListEvents shows what happened, oldest first.
func (o *operator) ListEvents(ctx context.Context, r *apiv1.ListEventsRequest) (*apiv1.ListEventsResponse, error) {
	f := runner.HistoryFilter{Decisions: r.GetDecisions(), Limit: int(min(cmp.Or(r.GetLimit(), usualEvents), mostEvents))}
	if r.GetResourceId() != nil {
		var err error
		if f.Service, err = service(r.GetResourceId()); err != nil {
			return nil, err
		}
	}
	entries, err := o.Manager.History(ctx, f)
	if err == nil && len(entries) == 0 && r.GetResourceId() != nil {
		err = o.known(ctx, f.Service)
	}
	if err != nil {
		return nil, err
	}
	return &apiv1.ListEventsResponse{Entries: fitting(entries)}, nil
}

// known says whether anything is known of a service: it is there, or the history has something of it.
func (o *operator) known(ctx context.Context, id engine.ResourceID) error {
	_, missing := o.Manager.View(ctx, id)
	if missing == nil {
		return nil
	}
	entries, err := o.Manager.History(ctx, runner.HistoryFilter{Service: id, Decisions: true, Limit: 1})
	if err == nil && len(entries) == 0 {
		err = missing
	}
	return err
}

// fitting are the newest entries that a client can take in one answer.
func fitting(entries []engine.Entry) (out []*apiv1.HistoryEntry) {
	size := 0
	for i := len(entries) - 1; i >= 0; i-- {
		m := wire.EntryToProto(entries[i])
		if size += proto.Size(m); size > mostAnswer {
			break
		}
		out = append(out, m)
	}
	slices.Reverse(out)
	return out
}

// GetPolicyStatus shows the active pack, and the one that was refused.
func (o *operator) GetPolicyStatus(context.Context, *apiv1.GetPolicyStatusRequest) (*apiv1.GetPolicyStatusResponse, error) {
	p := o.Policy()
	m := &apiv1.GetPolicyStatusResponse{ActiveRevision: p.Active, ActiveSince: stamp(p.Since), Directory: p.Directory,
		RefusedRevision: p.Refused, RefusedAt: stamp(p.RefusedAt), Tests: uint32(p.Tests)}
	for _, x := range p.Problems {
		m.Problems = append(m.Problems, &apiv1.PolicyProblem{Severity: x.Severity, Gate: x.Gate, File: x.File, Line: uint32(x.Line), Text: x.Text})
	}
	return m, nil
}

// GetVersion says which daemon answers.
func (o *operator) GetVersion(ctx context.Context, _ *apiv1.GetVersionRequest) (*apiv1.GetVersionResponse, error) {
	paused, err := o.Manager.Paused(ctx)
	return &apiv1.GetVersionResponse{Version: o.Version, Cell: o.Cell, LeadingSince: stamp(o.LeadingSince), PausedSince: wire.InstantToProto(paused)}, err
}

// stamp is a moment; absent if there is none.
func stamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

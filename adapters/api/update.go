package api

import (
	"context"
	"fmt"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

var changed = map[runner.Changed]apiv1.StateUpdateResponse_Change{
	runner.Created:   apiv1.StateUpdateResponse_CHANGE_CREATED,
	runner.Updated:   apiv1.StateUpdateResponse_CHANGE_UPDATED,
	runner.Unchanged: apiv1.StateUpdateResponse_CHANGE_UNCHANGED,
	runner.Deleted:   apiv1.StateUpdateResponse_CHANGE_DELETED,
}

// UpdateState sets or deletes a desired spec.
func (s *states) UpdateState(ctx context.Context, r *apiv1.StateUpdateRequest) (*apiv1.StateUpdateResponse, error) {
	id, err := service(r.GetResourceId())
	if err != nil {
		return nil, err
	}
	a, err := s.update(ctx, id, r.GetSpec())
	if err != nil {
		return nil, err
	}
	return &apiv1.StateUpdateResponse{Change: changed[a.Change], Revision: a.Revision, Notes: notes(a)}, nil
}

func (s *states) update(ctx context.Context, id engine.ResourceID, m *apiv1.ServiceSpec) (runner.Applied, error) {
	if m == nil {
		return s.Manager.Delete(ctx, id)
	}
	spec, err := wire.SpecFromProto(m)
	if err != nil {
		return runner.Applied{}, err
	}
	return s.Manager.Apply(ctx, id, spec)
}

// notes are what a human should know after a change: what stands in its way, and what of recovery stays in force (rule
// 1.4). Holds say since when and why recovery is closed.
func notes(a runner.Applied) (out []string) {
	add := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	v := a.Service
	add(v.Broken != nil, "its stored value cannot be read: %v", v.Broken)
	if r := v.Record; r != nil && r.Desired != nil {
		add(v.Unmatched, "no profile of the policy matches criticality %q: treated as %s", r.Desired.Spec.Criticality, v.Profile)
		add(r.Over.Node != "", "in force: recovery has moved it to node %s", r.Over.Node)
		add(r.Over.Pair != nil, "in force: recovery runs its last good version and configuration")
		add(r.Over.Isolated, "in force: recovery has isolated it")
	}
	for _, h := range v.Holds {
		out = append(out, h.String())
	}
	return out
}

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

// UpdateState sets or deletes a desired spec; a dry run says what that would do.
func (s *states) UpdateState(ctx context.Context, r *apiv1.StateUpdateRequest) (*apiv1.StateUpdateResponse, error) {
	id, err := service(r.GetResourceId())
	if err != nil {
		return nil, err
	}
	a, err := s.update(ctx, id, r)
	if err != nil {
		return nil, err
	}
	resp := &apiv1.StateUpdateResponse{Change: changed[a.Change], Revision: a.Revision, Notes: notes(a), ResourceId: r.GetResourceId()}
	if x := a.Service.Record; x != nil && x.Desired != nil {
		resp.Generation = x.Desired.Generation
	}
	return resp, nil
}

func (s *states) update(ctx context.Context, id engine.ResourceID, r *apiv1.StateUpdateRequest) (a runner.Applied, err error) {
	var spec *engine.Spec
	if m := r.GetSpec(); m != nil {
		if spec, err = wire.SpecFromProto(m); err != nil {
			return a, err
		}
	}
	switch {
	case r.GetDryRun():
		return s.Manager.Check(ctx, id, spec)
	case spec == nil:
		return s.Manager.Delete(ctx, id)
	}
	return s.Manager.Apply(ctx, id, spec)
}

// workloadAlone says whether nothing but the workload has changed, which no agent compares.
func workloadAlone(old, now *engine.Spec) bool {
	if old == nil || old.Workload == now.Workload {
		return false
	}
	x := *old
	x.Workload = now.Workload
	return x.Equal(now)
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
		add(workloadAlone(a.Before, &r.Desired.Spec), "only its workload has changed: that takes effect at its next start, and nothing is done for it now")
		add(r.Over.Node != "", "in force: recovery has moved it to node %s", r.Over.Node)
		add(r.Over.Pair != nil, "in force: recovery runs its last good version and configuration")
		add(r.Over.Isolated, "in force: recovery has isolated it")
	}
	for _, h := range v.Holds {
		out = append(out, h.String())
	}
	return out
}

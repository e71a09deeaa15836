package api

import (
	"cmp"
	"context"
	"fmt"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// ListActions shows the actions in flight, and those that the history holds of ended ones.
func (o *operator) ListActions(ctx context.Context, q *apiv1.ListActionsRequest) (*apiv1.ListActionsResponse, error) {
	var ids []engine.ResourceID
	var f runner.HistoryFilter
	if q.GetResourceId() != nil {
		id, err := service(q.GetResourceId())
		if err != nil {
			return nil, err
		}
		if _, err = o.Manager.View(ctx, id); err != nil {
			return nil, err
		}
		ids, f.Service = []engine.ResourceID{id}, id
	} else {
		var err error
		if ids, err = o.Manager.Services(ctx); err != nil {
			return nil, err
		}
	}
	m := &apiv1.ListActionsResponse{}
	for _, id := range ids {
		v, err := o.Manager.View(ctx, id)
		if engine.KindOf(err) == engine.NotFound {
			continue // it went meanwhile
		} else if err != nil {
			return nil, err
		}
		for _, a := range wire.ServiceStateToProto(v).Status.Actions {
			m.InFlight = append(m.InFlight, &apiv1.ActionRecord{ResourceId: wire.ResourceToProto(id), Action: a})
		}
	}
	entries, err := o.Manager.History(ctx, f)
	for i := range entries {
		if e := entries[i].Event; e != nil && e.EndsAction() {
			m.Ended = append(m.Ended, endedAction(e))
		}
	}
	most := int(min(cmp.Or(q.GetLimit(), usualEvents), mostEvents))
	m.Ended = m.Ended[max(0, len(m.Ended)-most):]
	return m, err
}

// endedAction is an action as the event of its end tells of it.
func endedAction(e *engine.StateEvent) *apiv1.ActionRecord {
	at := wire.InstantToProto(e.At)
	m := &apiv1.ActionRecord{ResourceId: wire.ResourceToProto(e.Service), Action: &apiv1.ActionStatus{}, Ended: at}
	for _, f := range e.Metadata {
		switch f.Name {
		case "action":
			m.Action.Kind = f.Value
		case "by":
			m.Action.AskedBy = f.Value
		case "node":
			m.Action.Node = f.Value
		case "key":
			fmt.Sscanf(f.Value, "%d.%d", &m.Action.Epoch, &m.Action.Seq)
		case "result":
			m.Result = f.Value
		case "message":
			m.Message = f.Value
		}
	}
	return m
}

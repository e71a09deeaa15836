package wire

import (
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// EntryToProto is a line of the history as the API shows it.
func EntryToProto(e engine.Entry) *apiv1.HistoryEntry {
	m := &apiv1.HistoryEntry{Time: InstantToProto(e.At), ResourceId: resourceOrNone(e.Service)}
	switch {
	case e.Event != nil:
		m.Entry = &apiv1.HistoryEntry_Event{Event: eventToProto(e.Event)}
	case e.Decision != nil:
		m.Entry = &apiv1.HistoryEntry_Decision{Decision: decisionToProto(e.Decision)}
	}
	return m
}

func eventToProto(e *engine.StateEvent) *apiv1.StateEvent {
	return &apiv1.StateEvent{
		EventType: string(e.Type),
		Source:    string(e.Source),
		Changes: each(e.Changes, func(c engine.FieldChange) *apiv1.FieldChange {
			return &apiv1.FieldChange{Field: c.Field, OldValue: c.Old, NewValue: c.New}
		}),
		Metadata: mapOf(e.Metadata),
	}
}

func decisionToProto(d *engine.Decided) *apiv1.PolicyDecision {
	return &apiv1.PolicyDecision{
		Entrypoint:     d.Entrypoint,
		PolicyRevision: d.Revision,
		Node:           d.Node,
		Facts:          mapOf(d.Facts),
		Answer:         mapOf(d.Answer),
		Reasons:        each(d.Reasons, ReasonToProto),
		Rules:          each(d.Rules, engine.Place.String),
		FailSafe:       d.FailSafe,
	}
}

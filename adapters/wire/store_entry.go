package wire

import (
	"statemanager/engine"
	storev1 "statemanager/proto/store/v1"
)

// EntriesToStore are the bytes of a segment of the history.
func EntriesToStore(entries []engine.Entry) ([]byte, error) {
	return encode(&storev1.Segment{Format: format, Entries: each(entries, entryToStore)}, nil)
}

// EntriesFromStore reads a segment of the history. An Invalid error says that the bytes are none, or are in a newer format.
func EntriesFromStore(b []byte) ([]engine.Entry, error) {
	m := &storev1.Segment{}
	if _, err := decode(b, m); err != nil {
		return nil, err
	}
	return each(m.GetEntries(), entryFromStore), nil
}

func entryToStore(e engine.Entry) *storev1.Entry {
	return &storev1.Entry{
		At: int64(e.At), Service: resourceToStore(e.Service), Event: eventToStore(e.Event), Decision: decisionToStore(e.Decision),
	}
}

func entryFromStore(m *storev1.Entry) engine.Entry {
	return engine.Entry{
		At: engine.Instant(m.GetAt()), Service: resourceFromStore(m.GetService()), Event: eventFromStore(m.GetEvent()),
		Decision: decisionFromStore(m.GetDecision()),
	}
}

func eventToStore(e *engine.StateEvent) *storev1.Event {
	if e == nil {
		return nil
	}
	return &storev1.Event{
		At: int64(e.At), Service: resourceToStore(e.Service), Type: string(e.Type), Source: string(e.Source),
		Changes: each(e.Changes, func(c engine.FieldChange) *storev1.FieldChange {
			return &storev1.FieldChange{Field: c.Field, Old: c.Old, New: c.New}
		}),
		Metadata: each(e.Metadata, fieldToStore),
	}
}

func eventFromStore(m *storev1.Event) *engine.StateEvent {
	if m == nil {
		return nil
	}
	return &engine.StateEvent{
		At: engine.Instant(m.GetAt()), Service: resourceFromStore(m.GetService()), Type: engine.EventType(m.GetType()),
		Source: engine.EventSource(m.GetSource()),
		Changes: each(m.GetChanges(), func(c *storev1.FieldChange) engine.FieldChange {
			return engine.FieldChange{Field: c.GetField(), Old: c.GetOld(), New: c.GetNew()}
		}),
		Metadata: each(m.GetMetadata(), fieldFromStore),
	}
}

func decisionToStore(d *engine.Decided) *storev1.Decision {
	if d == nil {
		return nil
	}
	return &storev1.Decision{
		Entrypoint: d.Entrypoint, Revision: d.Revision, Node: d.Node, Facts: each(d.Facts, fieldToStore),
		Answer: each(d.Answer, fieldToStore), Reasons: each(d.Reasons, reasonToStore),
		Rules: each(d.Rules, func(p engine.Place) *storev1.Place {
			return &storev1.Place{File: p.File, Line: int64(p.Line)}
		}),
		FailSafe: d.FailSafe,
	}
}

func decisionFromStore(m *storev1.Decision) *engine.Decided {
	if m == nil {
		return nil
	}
	return &engine.Decided{
		Entrypoint: m.GetEntrypoint(), Revision: m.GetRevision(), Node: m.GetNode(), Facts: each(m.GetFacts(), fieldFromStore),
		Answer: each(m.GetAnswer(), fieldFromStore), Reasons: each(m.GetReasons(), reasonFromStore),
		Rules: each(m.GetRules(), func(p *storev1.Place) engine.Place {
			return engine.Place{File: p.GetFile(), Line: int(p.GetLine())}
		}),
		FailSafe: m.GetFailSafe(),
	}
}

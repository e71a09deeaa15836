package api

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// SubscribeToStateChanges streams what happens until the call ends.
func (s *states) SubscribeToStateChanges(q *apiv1.StateSubscriptionRequest, out grpc.ServerStreamingServer[apiv1.StateChangeEvent]) error {
	f, err := eventFilter(q)
	if err != nil {
		return err
	}
	if q.GetAfterRevision() < 0 {
		return invalid("after_revision: %d is negative", q.GetAfterRevision())
	}
	sub, err := s.Manager.Subscribe(out.Context(), f, q.GetAfterRevision())
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		t, err := sub.Next(out.Context())
		if err != nil {
			return err
		}
		if err := sendTransaction(out, t); err != nil {
			return err
		}
	}
}

// sendTransaction sends a transaction, in several messages if it is larger than one may be: the last has the revision.
func sendTransaction(out grpc.ServerStreamingServer[apiv1.StateChangeEvent], t runner.Transaction) error {
	m, size := &apiv1.StateChangeEvent{}, 0
	for _, e := range t.Entries {
		x := wire.EntryToProto(e)
		if n := proto.Size(x); size > 0 && size+n > mostAnswer {
			if err := out.Send(m); err != nil {
				return err
			}
			m, size = &apiv1.StateChangeEvent{}, 0
		}
		m.Entries, size = append(m.Entries, x), size+proto.Size(x)
	}
	m.Revision = t.Revision
	return out.Send(m)
}

// eventFilter reads a filter; who asks for the type of decisions asks for decisions. What no event can have is Invalid: it
// would match nothing for ever.
func eventFilter(q *apiv1.StateSubscriptionRequest) (f runner.EventFilter, err error) {
	m := q.GetFilter()
	for _, r := range m.GetResourceIds() {
		id, err := service(r)
		if err != nil {
			return f, fmt.Errorf("filter: %w", err)
		}
		f.Services = append(f.Services, id)
	}
	f.Namespaces = m.GetNamespaces()
	if f.Types, err = words("event_types", m.GetEventTypes(), append(slices.Clone(engine.EventTypes), runner.TypeDecision)); err != nil {
		return f, err
	}
	f.Decisions = q.GetDecisions() || slices.Contains(f.Types, runner.TypeDecision)
	f.Sources, err = words("sources", m.GetSources(), engine.EventSources)
	return f, err
}

// words are the words of a closed list.
func words[W ~string](field string, given []string, known []W) (out []W, err error) {
	for _, g := range given {
		if !slices.Contains(known, W(g)) {
			var names []string
			for _, k := range known {
				names = append(names, string(k))
			}
			return nil, invalid("%s: %.80q is none of %s", field, g, strings.Join(names, ", "))
		}
		out = append(out, W(g))
	}
	return out, nil
}

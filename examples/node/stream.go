package node

import (
	"slices"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	apiv1 "statemanager/proto/statemanager/v1"
)

// leastHeartbeat is the shortest interval of heartbeats that a subscription may ask for.
const leastHeartbeat = 100 * time.Millisecond

// stream is what a subscription is owed. The agent's lock guards it; its handler alone sends. A service waits in it once,
// however often it changes: what is sent is what is seen then.
type stream struct {
	filter   *apiv1.ResourceFilter
	queue    []serviceID
	whole    bool            // the set of specs was pushed: before that nothing is compared
	left     int             // observations of the full set before Synced
	syncing  bool            // Synced is owed
	beat     bool            // a heartbeat is owed, unless something else is
	told     *apiv1.NodeInfo // the newest that was sent: another one goes in place of a heartbeat
	wake     chan struct{}
	replaced chan struct{} // closed when a newer subscription opens
}

func newStream(filter *apiv1.ResourceFilter) *stream {
	return &stream{filter: filter, wake: make(chan struct{}, 1), replaced: make(chan struct{})}
}

// sendAll owes the full set of observations, and Synced after it.
func (s *stream) sendAll(ids []serviceID) {
	s.queue = slices.DeleteFunc(ids, func(id serviceID) bool { return !s.matches(id) })
	s.whole, s.syncing, s.left = true, true, len(s.queue)
	s.poke()
}

// send owes an observation.
func (s *stream) send(id serviceID) {
	if s.whole && s.matches(id) && !slices.Contains(s.queue, id) {
		s.queue = append(s.queue, id)
	}
	s.poke()
}

func (s *stream) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *stream) matches(id serviceID) bool {
	f := s.filter
	if len(f.GetResourceIds()) == 0 && len(f.GetNamespaces()) == 0 {
		return true
	}
	return slices.Contains(f.GetNamespaces(), id.namespace) || slices.ContainsFunc(f.GetResourceIds(), func(m *apiv1.ResourceId) bool {
		return m.GetNamespace() == id.namespace && m.GetName() == id.name
	})
}

// next is the next message that a stream is owed; nil if none.
func (a *agent) next(s *stream) *apiv1.StateDiffEvent {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.stream != s:
		return nil
	case s.syncing && s.left == 0:
		s.syncing = false
		a.n++
		return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Synced{Synced: &apiv1.Synced{Highest: a.highest()}}}
	case len(s.queue) == 0 && s.beat:
		s.beat = false
		a.n++
		if info := a.info(a.start); !proto.Equal(info, s.told) {
			s.told = info
			return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Info{Info: info}}
		}
		return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Heartbeat{Heartbeat: &apiv1.Heartbeat{}}}
	case len(s.queue) == 0:
		return nil
	}
	id := s.queue[0]
	s.queue, s.left, s.beat = s.queue[1:], max(0, s.left-1), false
	return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Diff{Diff: a.observe(id)}}
}

// beat owes a heartbeat to a quiet stream.
func (a *agent) beat(s *stream) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s.beat = true
}

// SubscribeStateDiffs implements the service.
func (a *agent) SubscribeStateDiffs(req *apiv1.StateDiffSubscription, out grpc.ServerStreamingServer[apiv1.StateDiffEvent]) error {
	interval := req.GetHeartbeat().AsDuration()
	if interval < leastHeartbeat {
		return status.Errorf(codes.InvalidArgument, "heartbeat: %s is less than %s", interval, leastHeartbeat)
	}
	s, info := a.open(req)
	if err := out.Send(&apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Info{Info: info}}); err != nil {
		return err
	}
	quiet := time.NewTimer(interval / 2) // half of it, so that none comes too late
	defer quiet.Stop()
	for {
		select {
		case <-out.Context().Done():
			return status.FromContextError(out.Context().Err()).Err()
		case <-s.replaced:
			return status.Error(codes.Aborted, "a newer subscription has opened")
		case <-s.wake:
		case <-quiet.C:
			a.beat(s)
		}
		for ev := a.next(s); ev != nil; ev = a.next(s) {
			if err := out.Send(ev); err != nil {
				return err
			}
		}
		quiet.Reset(interval / 2)
	}
}

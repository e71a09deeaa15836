package node

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "statemanager/proto/statemanager/v1"
)

// agent is the NodeAgent of a node: it compares the processes with the specs that were pushed, and with nothing else.
type agent struct {
	apiv1.UnimplementedNodeAgentServer
	info    func(start int64) *apiv1.NodeInfo
	see     func(serviceID) []seen
	known   func() []serviceID
	highest func() []*apiv1.Highest

	mu     sync.Mutex
	specs  map[serviceID]held
	stream *stream // the newest; nil until there was one
	n      int64   // messages of it, answers included
	start  int64   // names it
}

// held is a spec as it was pushed.
type held struct {
	revision int64
	start    int64 // the stream that it was pushed for
	spec     *apiv1.ServiceSpec
}

// GetStateDiff implements the service: it looks at the processes while it answers.
func (a *agent) GetStateDiff(_ context.Context, req *apiv1.StateDiffRequest) (*apiv1.StateDiffResponse, error) {
	id, err := idOf(req.GetResourceId())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return &apiv1.StateDiffResponse{Diff: a.observe(id), Asked: req.GetAsked()}, nil
}

// observe makes an observation, numbered. The lock is held, so that a higher number never shows an older state.
func (a *agent) observe(id serviceID) *apiv1.StateDiff {
	h := a.specs[id]
	d := &apiv1.StateDiff{ResourceId: id.proto(), Node: a.info(a.start).GetId(), SpecRevision: h.revision, Counter: a.count()}
	compare(d, h.spec, a.see(id))
	return d
}

func (a *agent) count() *apiv1.Counter {
	a.n++
	return &apiv1.Counter{Start: a.start, N: a.n}
}

// UpdateResourceState implements the service. Revisions are compared within a stream: the set of a new stream replaces
// what an older one pushed, because a store that was made anew counts from the start.
func (a *agent) UpdateResourceState(_ context.Context, req *apiv1.UpdateResourceStateRequest) (*apiv1.UpdateResourceStateResponse, error) {
	pushed, err := readPush(req)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream == nil || req.GetStart() != a.start {
		return nil, status.Errorf(codes.FailedPrecondition, "the push is for stream %d, the stream is %d", req.GetStart(), a.start)
	}
	if req.GetWhole() {
		a.replaceAll(pushed)
	} else {
		a.replaceSome(pushed)
	}
	return &apiv1.UpdateResourceStateResponse{}, nil
}

func readPush(req *apiv1.UpdateResourceStateRequest) (map[serviceID]held, error) {
	pushed := map[serviceID]held{}
	for _, s := range req.GetStates() {
		id, err := idOf(s.GetResourceId())
		if err != nil {
			return nil, err
		}
		pushed[id] = held{s.GetSpecRevision(), req.GetStart(), s.GetSpec()}
	}
	return pushed, nil
}

// replaceAll takes a whole set, and owes a full set of observations.
func (a *agent) replaceAll(pushed map[serviceID]held) {
	old := a.specs
	a.specs = map[serviceID]held{}
	for id, h := range pushed {
		a.take(id, h, old[id])
	}
	ids := a.known()
	for id := range a.specs {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, serviceID.compare)
	a.stream.sendAll(slices.Compact(ids))
}

func (a *agent) replaceSome(pushed map[serviceID]held) {
	for _, id := range slices.SortedFunc(maps.Keys(pushed), serviceID.compare) {
		if a.take(id, pushed[id], a.specs[id]) {
			a.stream.send(id)
		}
	}
}

// take keeps the newer of two specs, and says whether it is the pushed one. None at all means that the service is to be
// forgotten here.
func (a *agent) take(id serviceID, h, old held) (taken bool) {
	taken = old.start != h.start || h.revision >= old.revision
	if !taken {
		h = old
	}
	if h.spec == nil {
		delete(a.specs, id)
	} else {
		a.specs[id] = h
	}
	return taken
}

// changed owes an observation of a service to the stream.
func (a *agent) changed(id serviceID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream != nil {
		a.stream.send(id)
	}
}

// spec is the spec that the agent holds of a service, nil if none.
func (a *agent) spec(id serviceID) *apiv1.ServiceSpec {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.specs[id].spec
}

// open makes a stream, which ends the one before.
func (a *agent) open(req *apiv1.StateDiffSubscription) (*stream, *apiv1.NodeInfo) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream != nil {
		close(a.stream.replaced)
	}
	a.start, a.n = max(time.Now().UnixNano(), a.start+1), 1 // n counts the NodeInfo
	a.stream = newStream(req.GetFilter())
	a.stream.told = a.info(a.start)
	return a.stream, a.stream.told
}

package inmem

import (
	"context"
	"maps"
	"slices"
	"sync"

	"statemanager/engine"
)

// Agent is a NodeAgent in memory: it compares what is said to run with the specs that it was told. Nothing runs by
// itself. It implements runner.Agent, and is safe for concurrent use.
type Agent struct {
	info    engine.NodeInfo
	highest func() []engine.Highest

	mu     sync.Mutex
	specs  map[engine.ResourceID]engine.SpecUpdate
	runs   map[engine.ResourceID][]Instance
	hidden map[engine.ResourceID]bool
	blind  bool        // it cannot see its node
	starts int64       // streams that were opened
	n      int64       // messages of the stream of the moment
	told   bool        // the whole set has come on it
	stream *agentQueue // nil = there is none
}

// Instance is an instance and the configuration that it was started with.
type Instance struct {
	engine.Instance
	Config map[string]string
}

// agentQueue are the events that a stream owes.
type agentQueue struct {
	events []engine.Event
	more   chan struct{} // holds one when there are events
	end    context.CancelFunc
}

// NewAgent makes the agent of a node at which nothing runs. Highest says what the node's controller has seen (rule
// 3.3); nil means nothing.
func NewAgent(info engine.NodeInfo, highest func() []engine.Highest) *Agent {
	if highest == nil {
		highest = func() []engine.Highest { return nil }
	}
	return &Agent{info: info, highest: highest, specs: map[engine.ResourceID]engine.SpecUpdate{}, runs: map[engine.ResourceID][]Instance{}, hidden: map[engine.ResourceID]bool{}}
}

// Run opens a stream until ctx ends, or another is opened, which ends this one.
func (a *Agent) Run(ctx context.Context, post func(engine.Event)) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	q := &agentQueue{more: make(chan struct{}, 1), end: end}
	a.open(q)
	defer a.close(q)
	for {
		for _, ev := range a.take(q) {
			post(ev)
		}
		select {
		case <-q.more:
		case <-ctx.Done():
			return
		}
	}
}

func (a *Agent) open(q *agentQueue) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream != nil {
		a.stream.end()
	}
	a.starts++
	a.n, a.told, a.stream = 0, false, q
	a.owe(engine.AgentChanged{Node: a.info.ID, State: engine.AgentConnected, Start: a.starts, Info: a.info})
}

func (a *Agent) close(q *agentQueue) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream == q {
		a.stream = nil
	}
}

func (a *Agent) take(q *agentQueue) []engine.Event {
	a.mu.Lock()
	defer a.mu.Unlock()
	events := q.events
	q.events = nil
	return events
}

// owe adds an event to the stream.
func (a *Agent) owe(ev engine.Event) {
	a.stream.events = append(a.stream.events, ev)
	select {
	case a.stream.more <- struct{}{}:
	default:
	}
}

// Report takes specs (rule 2.1). Unavailable while no stream is open.
func (a *Agent) Report(_ context.Context, set engine.SpecSet) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream == nil {
		return a.unavailable()
	}
	if set.Whole {
		clear(a.specs)
	}
	for _, u := range set.Specs {
		a.hold(u)
	}
	if set.Whole {
		a.told = true
		a.oweAll()
	}
	return nil
}

// hold takes one spec; a revision below the one that is held is ignored.
func (a *Agent) hold(u engine.SpecUpdate) {
	if old, ok := a.specs[u.Service]; ok && u.Rev < old.Rev {
		return
	}
	if a.specs[u.Service] = u; u.Spec == nil {
		delete(a.specs, u.Service)
	}
	a.changed(u.Service)
}

// oweAll owes the full set: every spec that is held, every instance without one, then that it is whole.
func (a *Agent) oweAll() {
	if a.blind {
		a.owe(engine.AgentChanged{Node: a.info.ID, State: engine.AgentBlind, Start: a.starts})
		return
	}
	ids := maps.Clone(a.runs)
	for id := range a.specs {
		ids[id] = nil
	}
	for _, id := range slices.SortedFunc(maps.Keys(ids), engine.ResourceID.Compare) {
		a.changed(id)
	}
	a.owe(engine.AgentChanged{Node: a.info.ID, State: engine.AgentSynced, Start: a.starts, Highest: a.highest()})
}

// changed owes an observation, once the whole set has come.
func (a *Agent) changed(id engine.ResourceID) {
	if a.stream != nil && a.told && !a.blind {
		a.owe(engine.DiffSeen{Diff: a.look(id)})
	}
}

// Observe looks at a service now. Unavailable while no stream is open.
func (a *Agent) Observe(_ context.Context, ref engine.ServiceRef) (engine.StateDiff, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stream == nil {
		return engine.StateDiff{}, a.unavailable()
	}
	return a.look(ref.Service), nil
}

// look is one observation; it counts as a message.
func (a *Agent) look(id engine.ResourceID) engine.StateDiff {
	a.n++
	u := a.specs[id]
	d := engine.StateDiff{Node: a.info.ID, Service: id, Rev: u.Rev, Counter: engine.Counter{Start: a.starts, N: a.n}}
	if d.Blind = a.blind || a.hidden[id]; !d.Blind {
		compare(&d, u.Spec, a.runs[id])
	}
	return d
}

// Set says what runs of a service from now on. No instances: it is not there.
func (a *Agent) Set(id engine.ResourceID, instances ...Instance) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.runs[id] = instances; len(instances) == 0 {
		delete(a.runs, id)
	}
	a.changed(id)
}

// Hide makes the agent unable to see a service, or able again (rule 2.3).
func (a *Agent) Hide(id engine.ResourceID, hidden bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hidden[id] = hidden
	a.changed(id)
}

// HideAll makes the agent unable to see its node, or able again (rule 2.3).
func (a *Agent) HideAll(hidden bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.blind = hidden; a.stream != nil && a.told {
		a.oweAll()
	}
}

func (a *Agent) unavailable() error {
	return &engine.Error{Kind: engine.Unavailable, Text: "reach node " + a.info.ID + ": there is no stream"}
}

package enginetest

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"statemanager/engine"
)

// node is a NodeAgent and an ActionController that keep their contract (rules of section 2 and 3).
type node struct {
	w         *World
	name      string
	up        bool                // it can be reached
	mumbles   bool                // its agent never says SYNCED
	blind     bool                // its agent cannot see the services (rule 2.3)
	unsighted bool                // its agent cannot see the node
	unseen    []engine.ResourceID // of which it has said so
	stream, n int64
	last      engine.Instant // when its newest message arrives: a stream keeps its order
	starts    int
	fences    time.Duration // cut off for so long it stops its services; 0 = never
	specs     map[engine.ResourceID]engine.SpecUpdate
	processes map[engine.ResourceID][]*process
	// The controller's, durable.
	rows    map[engine.ActionRef]*row
	highest map[engine.ResourceID]engine.EpochSeq
	fence   int64
}

func newNode(w *World, name string) *node {
	return &node{w: w, name: name, up: true, specs: map[engine.ResourceID]engine.SpecUpdate{}, processes: map[engine.ResourceID][]*process{},
		rows: map[engine.ActionRef]*row{}, highest: map[engine.ResourceID]engine.EpochSeq{}}
}

// connect opens a stream to the daemon.
func (n *node) connect() {
	n.w.streams++
	n.stream, n.n, n.last = n.w.streams, 0, n.w.now
	start := n.stream
	n.post(func() engine.Event {
		return engine.AgentChanged{Node: n.name, State: engine.AgentConnected, Start: start,
			Info: engine.NodeInfo{ID: n.name, Ready: true, Load: "idle", Fence: engine.Fence{Self: n.fences > 0, After: n.fences}}}
	})
}

// post sends an event on the stream of the moment.
func (n *node) post(ev func() engine.Event) {
	start := n.stream
	n.last = max(n.last, n.w.now.Add(n.w.lag()))
	n.w.at(n.last, n.w.alive(func(d *daemon) {
		if n.up && n.stream == start {
			d.step(ev())
		}
	}))
}

// take is UpdateResourceState: it may be the whole set (rule 2.1).
func (n *node) take(x engine.SpecSet) {
	if x.Whole {
		clear(n.specs)
	}
	for _, u := range x.Specs {
		if u.Spec == nil {
			delete(n.specs, u.Service)
		} else {
			n.specs[u.Service] = u
		}
		if !x.Whole {
			n.changed(u.Service)
		}
	}
	if x.Whole {
		n.fullSet()
	}
}

// fullSet reports every spec, and every instance without one, and then that it is synced.
func (n *node) fullSet() {
	if n.unsighted {
		start := n.stream
		n.post(func() engine.Event { return engine.AgentChanged{Node: n.name, State: engine.AgentBlind, Start: start} })
		return
	}
	ids := map[engine.ResourceID]bool{}
	for id := range n.specs {
		ids[id] = true
	}
	for id, ps := range n.processes {
		ids[id] = ids[id] || len(ps) > 0
	}
	for _, id := range sortedIDs(ids) {
		if ids[id] {
			n.changed(id)
		}
	}
	if n.mumbles {
		if start := n.stream; n.n < mumbles {
			n.w.after(mumblesAgain, n.w.alive(func(*daemon) {
				if n.stream == start {
					n.fullSet()
				}
			}))
		}
		return
	}
	ev := engine.AgentChanged{Node: n.name, State: engine.AgentSynced, Start: n.stream}
	for _, id := range sortedIDs(n.highest) {
		ev.Highest = append(ev.Highest, engine.Highest{Service: id, EpochSeq: n.highest[id]})
	}
	n.post(func() engine.Event { return ev })
}

// An agent that never says SYNCED reports all again after so long, until it has sent so many messages on a stream.
const (
	mumblesAgain = 5 * time.Second
	mumbles      = 30
)

// changed streams an observation.
func (n *node) changed(id engine.ResourceID) {
	if n.up && n.stream != 0 && n.w.daemon != nil && !n.unsighted {
		d := n.observe(id)
		n.post(func() engine.Event { return engine.DiffSeen{Diff: d} })
	}
}

// observe is what the agent sees of a service, held against the spec that it was told.
func (n *node) observe(id engine.ResourceID) engine.StateDiff {
	n.n++
	d := engine.StateDiff{Node: n.name, Service: id, Counter: engine.Counter{Start: n.stream, N: n.n}}
	u, ok := n.specs[id]
	d.Rev = u.Rev
	if n.blind || n.unsighted {
		d.Blind = true
		n.unseen = append(n.unseen, id)
		return d
	}
	ps := n.processes[id]
	for _, p := range ps {
		d.Instances = append(d.Instances, engine.Instance{ID: p.id, State: p.state, Version: p.version, Exit: p.exit})
	}
	slices.SortFunc(d.Instances, func(a, b engine.Instance) int { return cmp.Compare(a.ID, b.ID) })
	switch {
	case ok && u.Spec.Instances() > 0:
		n.differ(&d, u.Spec, ps)
	case ok && slices.ContainsFunc(ps, func(p *process) bool { return p.state != engine.InstanceExited }):
		d.Existence = &engine.ExistenceDiff{Existence: "same", Run: "should_stop"}
	case !ok && len(ps) > 0:
		d.Existence = &engine.ExistenceDiff{Existence: "surplus", Run: "same"}
	}
	return d
}

// differ fills in the differences from a spec that wants instances (rule 2.8).
func (n *node) differ(d *engine.StateDiff, s *engine.Spec, ps []*process) {
	want := s.Instances()
	if len(ps) == 0 {
		d.Existence = &engine.ExistenceDiff{Existence: "missing", Run: "same"}
		return
	}
	if uint32(len(ps)) != want {
		d.Scale = &engine.ScaleDiff{Desired: want, Actual: uint32(len(ps))}
	}
	worst := len(statuses)
	for _, p := range ps {
		switch {
		case p.stopped:
			d.Existence = &engine.ExistenceDiff{Existence: "same", Run: "should_run"}
			continue
		case p.version != s.Version:
			d.Version = &engine.VersionDiff{Desired: s.Version, Actual: p.version}
		}
		if p.config != s.Config["c"] {
			d.Config = &engine.ConfigDiff{Needs: "needs_restart", Keys: []string{"c"}}
		} else if p.reload != s.Config["r"] && d.Config == nil {
			d.Config = &engine.ConfigDiff{Needs: "reloadable", Keys: []string{"r"}}
		}
		if i := slices.Index(statuses, p.status()); i >= 0 {
			worst = min(worst, i)
		}
	}
	if worst < len(statuses) {
		d.Status = &engine.StatusDiff{Status: statuses[worst]}
	}
}

// statuses are what may be wrong with an instance, the worst first.
var statuses = []string{"crashed", "finished", "hung", "unhealthy", "not_ready"}

func (p *process) status() string {
	switch {
	case p.state == engine.InstanceExited && p.exit == engine.Exit{}:
		return "finished"
	case p.state == engine.InstanceExited:
		return "crashed"
	case p.state == engine.InstanceHung:
		return "hung"
	case p.state == engine.InstanceUnhealthy:
		return "unhealthy"
	case p.state == engine.InstanceStarting && p.late:
		return "not_ready"
	}
	return ""
}

func sortedIDs[T any](m map[engine.ResourceID]T) []engine.ResourceID {
	return slices.SortedFunc(maps.Keys(m), engine.ResourceID.Compare)
}

// late is news of a revision with what was there, as one that was sent before all that arrived since.
func (w *World) late(args []string) error {
	id, n, err := w.where(args[0])
	if err != nil {
		return err
	}
	rev, err := strconv.ParseInt(args[1], 10, 64)
	n.n++
	d := engine.StateDiff{Node: n.name, Service: id, Rev: rev, Counter: engine.Counter{Start: n.stream, N: n.n}}
	for _, i := range args[2:] {
		d.Instances = append(d.Instances, engine.Instance{ID: i, State: engine.InstanceRunning})
	}
	w.tell(engine.DiffSeen{Diff: d})
	return err
}

// known are the services that the engine holds anything of.
func (w *World) known() (out []string) {
	if w.daemon != nil {
		for _, id := range w.daemon.engine.Services() {
			out = append(out, id.Name)
		}
	}
	return out
}

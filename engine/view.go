package engine

import (
	"cmp"
	"maps"
	"slices"
)

// View is a service as get, explain and the answers of apply and retry show it. It is a snapshot that may be kept.
type View struct {
	ID        ResourceID
	Record    *Record       // nil for what nobody wants, and for a held service
	Held      bool          // its stored record cannot be read
	Seen      []Observation // in order of nodes
	Wanted    Wanted        // at its home
	Available bool          // an instance runs and is ready: is_service_available (rule 1.5)
	WellSince Instant
	Profile   string
	Unmatched bool   // its criticality is named by no profile
	Source    string // reachable or silent: its node, as recovery is told
	Next      *Next  // nil = recovery has nothing to do
	Deferred  []Reason
	Holds     []Hold
	Coming    Coming
	// Conditions are Available, Progressing and Recovering; none of what nobody wants.
	Conditions []Condition
	Tracker    Tracker
}

// Observation is the newest observation at a node.
type Observation struct {
	At      Instant
	Current bool // of now: the node is synced, its agent can see, and speaks of the effective spec
	Home    bool // at the node where the service is wanted
	Blind   bool
	Diff    *StateDiff
}

// Hold is something that keeps a service from going on.
type Hold struct {
	Code  string
	Until Instant // 0 = until a fact changes
	Text  string
}

// String is the sentence with its end.
func (h Hold) String() string {
	if h.Until == 0 {
		return h.Text
	}
	return h.Text + ", until " + stamp(h.Until)
}

// View is what is known of a service; false if there is none.
func (e *Engine) View(id ResourceID, now Instant) (View, bool) {
	if e.held[id] {
		return View{ID: id, Held: true, Coming: Coming{Text: "nothing, until its stored record can be read"}, Holds: []Hold{{Code: "held", Text: "its stored record cannot be read"}}}, true
	}
	v := e.services[id]
	if v == nil {
		return View{}, false
	}
	out := View{ID: id, Record: v.rec, Wanted: WantedNever, Available: v.isAvailable(), WellSince: v.well, Next: v.unrest().next, Deferred: v.unrest().deferred}
	for _, p := range v.places {
		if p.diff != nil {
			n := p.node.id
			out.Seen = append(out.Seen, Observation{p.at, p.sees() && p.diff.Rev == v.rev(n), v.wantedAt(n), p.blind || p.mute, p.diff})
		}
	}
	spec := &Spec{}
	if v.rec != nil {
		spec, out.Wanted, out.Source = v.rec.Spec, v.wanted(v.home()), (&step{Engine: e}).source(v)
	}
	out.Profile = e.pack.ProfileOf(id, spec).Name
	out.Unmatched = spec.Criticality != "" && !slices.ContainsFunc(e.pack.Profiles, func(p Profile) bool { return p.Match.Criticality == spec.Criticality })
	s := step{Engine: e}
	out.Holds, out.Coming = s.holdsAt(v, now), s.coming(v)
	if v.rec != nil {
		out.Conditions, out.Tracker = v.conditions(), s.track(v, now)
	}
	return out, true
}

// Services are the ids of all services that are known, in order: those that nobody wants and the held ones too.
func (e *Engine) Services() []ResourceID {
	ids := slices.AppendSeq(slices.Collect(maps.Keys(e.services)), maps.Keys(e.held))
	slices.SortFunc(ids, ResourceID.Compare)
	return slices.Compact(ids)
}

// NodeView is a node of the cell.
type NodeView struct {
	ID         string
	State      NodeState
	Since      Instant // of the state; of an unheard one since it is expected
	Silent     bool    // it counts as silent until its next SYNCED
	Configured bool
	Services   int // that are wanted or were seen there
	Info       NodeInfo
}

// Nodes are the nodes of the cell in order of ids, those that the configuration or a record names and that were never
// heard included.
func (e *Engine) Nodes(now Instant) (out []NodeView) {
	for _, n := range e.nodes {
		out = append(out, NodeView{n.id, n.state(), n.since, n.silent, n.configured, len(n.services), n.info})
	}
	slices.SortFunc(out, func(a, b NodeView) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

package engine

import (
	"cmp"
	"slices"
)

// service is a record and what is known of it in memory only.
type service struct {
	id     ResourceID
	rec    *Record  // nil for what nobody wants
	places []*place // in order of nodes
	deps   []ResourceID

	dirty     bool // rec was changed and is not saved yet
	available bool // as those that depend on it were told
	adopted   bool // of a stored record, and not available yet in this process
	queued    bool
	critical  bool
	priority  uint8
	stands    uint8 // as its group was told
	strays    bool  // an action of it is in flight where it is not seen

	well    Instant // since when; 0 = it is not
	wellOf  []Instance
	ran     Instant // how long it was well the last time, as a length
	changed Instant // when available last changed
	key     Instant // in the queue
	alarm   alarm
	group   string  // in the index of groups
	figures uint64  // a hash of those that stability was last asked about
	rest    *unrest // nil = none
}

// place is what is known of a service at one node.
type place struct {
	node    *node
	diff    *StateDiff // the newest observation that could see
	at      Instant    // when it came
	counter Counter    // of the newest message
	blind   bool       // the agent cannot see the service (rule 2.3)
	mute    bool       // a question failed, which says the same
	stale   bool       // it speaks of another spec: push again
	proof   Instant    // when the newest answered question was put
	asked   Instant    // when the newest question was put
	pushed  Instant    // when its spec was last pushed
	rev     int64      // of the other spec of which it speaks
	shown   uint64     // the difference that was recorded last
	left    uint64     // the question that planning last answered with nothing
	holds   *holding   // what is verified; nil = it does not hold
}

// holding says since when what is verified holds, and of which instances.
type holding struct {
	since Instant
	of    []Instance
}

// edit is the record to change in this step: a copy, once a step.
func (v *service) edit() *Record {
	if !v.dirty {
		c := *v.rec
		v.rec, v.dirty = &c, true
	}
	return v.rec
}

// note is a copy to change in what need not be durable.
func (v *service) note() *Record {
	if !v.dirty {
		c := *v.rec
		v.rec = &c
	}
	return v.rec
}

// editLadder is a copy of the ladder, already in the record.
func (v *service) editLadder() *Ladder {
	l := *v.rec.Ladder
	v.edit().Ladder = &l
	return &l
}

// slot is the action in flight at a node.
func (v *service) slot(node string) *Action {
	if v.rec != nil {
		for _, a := range v.rec.Slots {
			if a.Node == node {
				return a
			}
		}
	}
	return nil
}

// put replaces the slot of a node; nil empties it.
func (r *Record) put(node string, a *Action) {
	out := slices.DeleteFunc(slices.Clone(r.Slots), func(x *Action) bool { return x.Node == node })
	if a != nil {
		out = append(out, a)
		slices.SortFunc(out, func(a, b *Action) int { return cmp.Compare(a.Node, b.Node) })
	}
	r.Slots = out
}

// editSlot is a copy of a row, already in its slot.
func (v *service) editSlot(a *Action) *Action {
	c := *a
	v.edit().put(a.Node, &c)
	return &c
}

func (v *service) home() string { return v.rec.Spec.Node }

func (v *service) here() *Action { return v.slot(v.home()) }

func (v *service) place(node string) *place {
	for _, p := range v.places {
		if p.node.id == node {
			return p
		}
	}
	return nil
}

func (v *service) homePlace() *place { return v.place(v.home()) }

// wantedAt is true where the service is wanted now.
func (v *service) wantedAt(node string) bool {
	return v.rec != nil && v.rec.Desired != nil && v.home() == node
}

// wanted says whether the service is wanted at a node (rule 2.6).
func (v *service) wanted(node string) Wanted {
	switch {
	case v.rec == nil:
		return WantedNever
	case v.rec.Desired == nil:
		return WantedDeleted
	case v.home() != node:
		return WantedElsewhere
	}
	return WantedYes
}

// rev is the spec revision that a node has to speak of; 0 = none.
func (v *service) rev(node string) int64 {
	if v.wantedAt(node) {
		return v.rec.Rev
	}
	return 0
}

// quiet is true of a service that no fact of the whole cell can move.
func (v *service) quiet() bool {
	r := v.rec
	if r == nil {
		return true
	}
	return r.Desired != nil && r.Ladder == nil && len(r.Slots) == 0 && len(r.Away) == 0 && !v.unwell()
}

// service is the one of that id, made if need be.
func (e *Engine) service(id ResourceID) *service {
	v := e.services[id]
	if v == nil {
		v = &service{id: id, priority: 5}
		v.alarm.v = v
		e.services[id] = v
	}
	return v
}

// placeAt is the place of a service at a node, made if need be.
func (e *Engine) placeAt(v *service, node string) *place {
	p := v.place(node)
	if p == nil {
		p = &place{node: e.node(node)}
		p.node.services[v] = true
		v.places = append(v.places, p)
		slices.SortFunc(v.places, func(a, b *place) int { return cmp.Compare(a.node.id, b.node.id) })
	}
	return p
}

// prune forgets the places of which there is nothing to know.
func (s *step) prune(v *service) {
	v.places = slices.DeleteFunc(v.places, func(p *place) bool {
		n := p.node.id
		keep := p.stale || p.diff != nil && len(p.diff.Instances) > 0
		if r := v.rec; !keep && r != nil && !r.Gone {
			keep = v.wantedAt(n) || v.slot(n) != nil || r.isAway(n)
		}
		if !keep {
			delete(p.node.services, v)
		}
		return !keep
	})
}

// drop ends a service whose record is removed; who depends on it hears of it from mark.
func (s *step) drop(v *service) {
	s.depend(v, nil)
	v.rec, v.well, v.rest = nil, 0, v.rest.afresh()
	s.regroup(v)
	delete(s.rows, [2]string{scopeService, v.id.String()})
}

// depend keeps the index of dependencies.
func (e *Engine) depend(v *service, on []ResourceID) {
	for _, d := range v.deps {
		delete(e.byDep[d], v)
		if len(e.byDep[d]) == 0 {
			delete(e.byDep, d)
		}
	}
	v.deps = on
	for _, d := range on {
		if e.byDep[d] == nil {
			e.byDep[d] = map[*service]bool{}
		}
		e.byDep[d][v] = true
	}
}

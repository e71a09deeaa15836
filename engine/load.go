package engine

import (
	"cmp"
	"maps"
	"slices"
)

// New makes the engine of a new leader from what the store holds and the configuration says. Nothing is owed until the
// first Step.
func New(st State) *Engine {
	e := &Engine{resend: st.Resend, now: st.Now, timeout: Instant(st.NodeTimeout), cell: st.Cell,
		services: map[ResourceID]*service{}, held: map[ResourceID]bool{}, nodes: map[string]*node{},
		byDep: map[ResourceID]map[*service]bool{}, busy: map[*service]bool{}, raised: map[string]bool{},
		groups: map[string]members{}, fallen: map[string]falls{}, ailings: ailings{}, rows: ledgers{}, flights: map[ActionRef]*row{}}
	if e.cell == nil {
		e.cell, e.cellDirty = &Cell{Epoch: 1}, true
	}
	e.site = st.Site
	e.use(st.Pack)
	for _, id := range st.Held {
		e.held[id] = true
	}
	for _, id := range st.Nodes {
		e.node(id).configured = true
	}
	s := &step{Engine: e}
	s.load(st)
	for _, n := range e.nodes {
		n.counted = false // a choice of recovery waits for all of these (rule 6.4)
	}
	s.count()
	return e
}

func (s *step) load(st State) {
	for _, r := range st.Records {
		switch {
		case r == nil || r.Gone || s.held[r.ID]:
		case r.Spec == nil:
			s.held[r.ID] = true // it says nothing that could be decided on
		default:
			s.adopt(r)
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(st.Desired), ResourceID.Compare) {
		d := st.Desired[id]
		s.desired(id, &d)
	}
	for _, id := range slices.SortedFunc(maps.Keys(s.services), ResourceID.Compare) {
		if _, ok := st.Desired[id]; !ok { // what was deleted meanwhile shows only by absence
			s.desired(id, nil)
		}
	}
	cell := &Cell{Epoch: s.cell.Epoch, Revision: s.pack.Revision}
	for _, v := range s.services {
		cell.Epoch = max(cell.Epoch, v.rec.Epoch)
	}
	if cell.Epoch != s.cell.Epoch || cell.Revision != s.cell.Revision {
		c := s.cellEdit()
		c.Epoch, c.Revision = cell.Epoch, cell.Revision
	}
	s.recall()
	s.respend()
	c := *s.cell
	c.Outbox = resent(c.Outbox)
	s.cell = &c
	s.first = s.out
}

// adopt takes a stored record.
func (s *step) adopt(r *Record) {
	v := s.service(r.ID)
	v.rec, v.adopted = s.loaded(r), true
	v.dirty = slices.ContainsFunc(r.Slots, func(a *Action) bool { return a.State == SlotIntent })
	s.placeAt(v, v.home())
	for _, a := range v.rec.Slots {
		s.placeAt(v, a.Node)
	}
	for _, x := range v.rec.Away {
		s.placeAt(v, x.Node)
	}
	s.depend(v, r.Spec.Dependencies)
	s.regroup(v)
	if l := v.rec.Ladder; l != nil && l.Issue != IssueNodeSilent {
		s.fell(v, l.Opened)
	}
	s.touch(v)
}

// loaded brings the times of a stored record to this clock (rule 8.1). Every intent without a result is unknown, to be
// asked about before anything is sent (rule 3.5).
func (s *step) loaded(r *Record) *Record {
	c := *r
	past := func(at Instant) Instant { return min(at, s.now) }
	c.SpecAt, c.PhaseAt, c.CondAt, c.Hold = past(r.SpecAt), past(r.PhaseAt), past(r.CondAt), r.Hold.Loaded(s.now)
	c.Slots = nil
	for _, a := range r.Slots {
		x := *a
		x.StartedAt, x.ResultAt, x.UnknownAt, x.Deadline = past(x.StartedAt), past(x.ResultAt), past(x.UnknownAt), x.Deadline.Loaded(s.now)
		if !x.ended() {
			x.State, x.UnknownAt, x.Deadline, x.Asked = SlotUnknown, cmp.Or(x.UnknownAt, s.now), Timer{s.now, 0}, 0
		}
		c.Slots = append(c.Slots, &x)
	}
	c.Away = slices.Clone(r.Away)
	for i := range c.Away {
		c.Away[i].Hold = c.Away[i].Hold.Loaded(s.now)
	}
	c.Outbox = resent(r.Outbox)
	c.Spec = r.Desired.shared(r.Spec)
	if good := r.LastGood; good != nil && good.Equal(c.Spec.Pair()) {
		c.LastGood = c.Spec.Pair()
	}
	if l := r.Ladder; l != nil {
		x := *l
		x.Opened, x.Base, x.Closed = past(x.Opened), past(x.Base), past(x.Closed)
		c.Ladder = &x
	}
	c.History = r.History.loaded(s.now)
	return &c
}

// loaded takes times in the future as now.
func (h History) loaded(now Instant) History {
	h.Attempts, h.Crashes, h.Moves, h.Intents = slices.Clone(h.Attempts), slices.Clone(h.Crashes), slices.Clone(h.Moves), slices.Clone(h.Intents)
	for i := range h.Attempts {
		h.Attempts[i].At = min(h.Attempts[i].At, now)
	}
	for i := range h.Crashes {
		h.Crashes[i].At = min(h.Crashes[i].At, now)
	}
	for i := range h.Moves {
		h.Moves[i].At = min(h.Moves[i].At, now)
	}
	for i := range h.Intents {
		h.Intents[i].At = min(h.Intents[i].At, now)
	}
	return h
}

// use takes the tables of a pack. A pack without its last row is given one: a gate would have refused it.
func (e *Engine) use(p *Pack) {
	if p == nil {
		p = &Pack{}
	}
	if len(p.Profiles) == 0 {
		c := *p
		c.Profiles = []Profile{{Name: other}}
		p = &c
	}
	e.pack = p
	e.facts(e.site)
}

// facts takes the site facts that are set: what the pack does not know of is `other`.
func (e *Engine) facts(site map[string]string) {
	e.site, e.sites = site, [MaxSite]string{}
	e.era++
	for i, f := range e.pack.Site {
		if i < MaxSite {
			e.sites[i] = other
			if slices.Contains(f.Values, site[f.Name]) {
				e.sites[i] = site[f.Name]
			}
		}
	}
}

package engine

import "container/heap"

// Engine holds every service of a cell, for one term of its leader. It is not safe for concurrent use: one goroutine
// owns it.
type Engine struct {
	pack    *Pack
	site    map[string]string
	sites   [MaxSite]string // the site facts in the pack's order and words
	era     int             // grows with each change of pack or site facts
	timeout Instant         // until a node that is not heard is silent, as a length
	resend  bool
	now     Instant // of the step under way

	services map[ResourceID]*service
	held     map[ResourceID]bool
	nodes    map[string]*node
	byDep    map[ResourceID]map[*service]bool // those that depend on it
	busy     map[*service]bool                // those that are not quiet: woken by facts of the cell
	groups   map[string]members
	fallen   map[string]falls // by group
	ailings  ailings
	rows     ledgers
	flights  map[ActionRef]*row // disruptive actions in flight
	queue    queue
	alarms   alarms

	first     Effects // what loading found to tell
	cell      *Cell
	cellDirty bool
	cellAlarm alarm
	raised    map[string]bool // alerts that this process raises once
	calm      Instant         // when a widespread silence ended that was alerted
	census    census
}

// step is one Step under way.
type step struct {
	*Engine
	d    Decider
	out  Effects
	wake Instant // of the service that is settled
	owed []owed  // replies to commands
}

// Step takes an event that happened now and returns what is owed. It never blocks, never fails, and uses the decider
// for as long as it runs. The first Step after New settles all, as any does at most 64 services at a time: WakeAt is
// now while some are left.
func (e *Engine) Step(now Instant, ev Event, d Decider) Effects {
	e.now = max(e.now, now)
	s := &step{Engine: e, d: d, out: e.first}
	e.first = Effects{}
	s.ring()
	s.take(ev)
	for n := 0; len(s.queue) > 0 && n < maxSettled; n++ {
		s.settle(heap.Pop(&s.queue).(*service))
	}
	s.settleCell()
	s.reply()
	s.out.WakeAt = s.wakeAt()
	return s.out
}

// take changes what is known, and touches whom it concerns.
func (s *step) take(ev Event) {
	switch ev := ev.(type) {
	case DiffSeen:
		s.seen(ev.Diff, ev.Asked)
	case AgentChanged:
		s.agentChanged(ev)
		s.touchBusy() // a target may have come or gone
	case DesiredChanged:
		s.desired(ev.Service, ev.Desired)
	case ActionStatus:
		s.status(ev)
	case NoticeAccepted:
		s.accepted(ev)
	case Command:
		s.command(ev)
	case FactsChanged:
		s.Engine.facts(ev.Site)
		s.touchBusy()
	case PackActivated:
		s.activate(ev.Pack)
	case AlertRaised:
		s.alert(ev.Code, ev.Args...)
	}
}

// settle moves a service on until nothing is left to do now. One that does not come to rest, because policy contradicts
// itself, is left for a second.
func (s *step) settle(v *service) {
	v.queued, s.wake = false, 0
	for n := 0; s.advance(v); n++ {
		if n == maxAdvances {
			v.stir().paused = s.now.Add(pauseAfter)
			s.alertOnce(s.pack.Revision+" "+v.id.String(), AlertUnsettled, Field{"service", v.id.String()})
		}
	}
	s.prune(v)
	if v.dirty {
		v.dirty = false
		s.out.Save = append(s.out.Save, v.rec)
		if v.rec.Gone {
			s.drop(v)
		}
	}
	s.mark(v)
}

// advance does one thing, the first that is due, and says whether it did.
func (s *step) advance(v *service) bool {
	switch {
	case v.unrest().paused > s.now:
		s.at(v.rest.paused)
		return false
	case v.rec == nil:
		return s.sight(v) || s.plan(v)
	case v.rec.Gone:
		return false
	}
	return s.outbox(v) || s.sight(v) || s.slots(v) || s.away(v) || s.ownIssues(v) || s.vanished(v) || s.phase(v) || s.gone(v) ||
		s.stability(v) || s.steady(v) || s.ladder(v) || s.plan(v)
}

// mark keeps what a settled service is woken by, and wakes those that depend on it.
func (s *step) mark(v *service) {
	if v.quiet() {
		delete(s.busy, v)
	} else {
		s.busy[v] = true
	}
	s.ailed(v)
	s.stood(v)
	s.strayed(v)
	if a := v.isAvailable(); a != v.available {
		if v.available, v.changed = a, s.now; v.adopted && v.rec != nil && v.rec.Standing == TriggerWell {
			v.changed = v.rec.CondAt // it was available before this process began
		}
		v.adopted = false
		for d := range s.byDep[v.id] {
			s.touch(d)
		}
	}
	if v.rec == nil && len(v.places) == 0 {
		delete(s.services, v.id)
		s.wake = 0
	}
	v.becalm(s.now)
	s.set(&v.alarm, s.wake)
}

// activate takes a new pack: every phase is asked about again, and what waits for policy asks at once.
func (s *step) activate(p *Pack) {
	old := s.pack.Revision
	s.use(p)
	s.cellEdit().Revision = s.pack.Revision
	clear(s.raised)
	for _, v := range s.services {
		if v.rest != nil {
			v.rest.pause, v.rest.paused = [entries]Instant{}, 0
		}
		s.regroup(v)
		s.touch(v)
	}
	for _, n := range s.nodes {
		s.nodeAlarm(n) // the time of an alert is the pack's
	}
	s.respend()
	s.count()
	s.tell(nil, EventPack, SourceOperator, []FieldChange{{"revision", old, s.pack.Revision}})
}

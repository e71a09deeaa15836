package engine

import "slices"

// current is the observation at home that decisions go by: on the present stream, of the effective spec, and of an agent
// that can see. nil = there is none.
func (v *service) current() *StateDiff {
	if v.rec == nil || v.rec.Desired == nil {
		return nil
	}
	if p := v.homePlace(); p != nil && p.sees() && p.diff.Rev == v.rec.Rev {
		return p.diff
	}
	return nil
}

// sees says whether the newest observation at a place is of now.
func (p *place) sees() bool {
	return p.node.synced && p.diff != nil && p.diff.Counter.Start == p.node.start && !p.blind && !p.mute
}

// wellness keeps since when the service is well (rule 1.5). A changed instance starts it anew.
func (s *step) wellness(v *service) {
	d := v.current()
	ok := d != nil && !d.Parts().Any() && v.rec.Spec.Instances() > 0 && !v.rec.Over.Isolated
	if ok && v.well != 0 && sameIDs(v.wellOf, d.Instances) {
		v.wellOf = d.Instances // the same, held once
		return
	}
	if v.well != 0 {
		v.ran = s.now - v.well
	}
	v.well, v.wellOf = 0, nil
	if ok {
		v.well, v.wellOf = s.now, d.Instances
		v.undeferred()
	}
}

func sameIDs(a, b []Instance) bool {
	return slices.EqualFunc(a, b, func(x, y Instance) bool { return x.ID == y.ID })
}

// unwell says whether what was seen differs from what is wanted.
func (v *service) unwell() bool {
	d := v.current()
	return d != nil && d.Parts().Any()
}

// isAvailable says whether an instance runs and is ready, as last seen, at a node that is not silent (rule 1.5).
func (v *service) isAvailable() bool {
	for _, p := range v.places {
		if p.diff != nil && !v.silentAt(p.node.id) && slices.ContainsFunc(p.diff.Instances, isReady) {
			return true
		}
	}
	return false
}

func isReady(i Instance) bool { return i.State == InstanceRunning }

const (
	allWell  = "all_well"
	someDown = "some_down"
)

// dependencies says whether all that the service depends on is available; what nobody has applied is down (rule 1.2).
func (v *service) dependencies(e *Engine) string {
	for _, id := range v.deps {
		if d := e.services[id]; d == nil || d.rec == nil || !d.isAvailable() {
			return someDown
		}
	}
	return allWell
}

// steady ends what a service leaves behind that has been well for stable_after, seen once more (rule 1.5). What was said
// once stays said: it may be about where the service is not wanted, and the same facts have the same answer (rule 4.3).
func (s *step) steady(v *service) bool {
	r := v.rec
	if v.well == 0 || v.current() == nil || v.here() != nil || v.settled(s.pack, s.now) {
		return false
	}
	after := s.pack.ProfileOf(v.id, r.Spec).StableAfter
	if !s.due(Timer{v.well, after}) || !s.proven(v, v.homePlace(), v.well.Add(after)) {
		return false
	}
	r = v.edit()
	r.LastGood, r.Ladder, r.Plans, r.NeverRan = r.Spec.Pair(), nil, 0, 0
	r.History = r.History.After(Steadied{s.now, s.pack})
	v.unasked()
	s.tell(v, EventStable, SourceEngine, nil, Field{"version", r.Spec.Version}, Field{"well_since", stamp(v.well)})
	return true
}

// settled says whether becoming stable would change nothing.
func (v *service) settled(p *Pack, now Instant) bool {
	r := v.rec
	return r.Ladder == nil && r.Plans == 0 && r.LastGood != nil && r.LastGood.Equal(r.Spec.Pair()) &&
		!slices.ContainsFunc(r.History.Attempts, Steadied{now, p}.clears)
}

package engine

import "slices"

// phase asks for the phase when the standing condition has changed, and after a new generation, a pack or a retry (rule
// 6.2). What it was last asked about is stored, so that a restart asks nothing twice.
func (s *step) phase(v *service) bool {
	r, p := v.rec, v.homePlace()
	if p == nil || !p.node.known() {
		return false
	}
	t := s.standing(v)
	if t == r.Standing && r.Reviewed == s.pack.Revision {
		return false
	}
	f := TransitionFacts{Common: s.common(v, v.home()), Trigger: t, UnderWay: none}
	f.Unwell, _ = s.ill(v, v.home())
	if a := v.here(); a != nil {
		f.UnderWay = string(a.By)
	}
	a, d, ok := ask[TransitionAnswer](s, v, v.home(), f)
	if !ok {
		return false
	}
	moves := a.Allow && a.To != r.Phase
	if t == r.Standing && !moves { // under a new pack it is as it was: the same answer after a restart needs no write
		v.note().Reviewed = s.pack.Revision
		return true
	}
	r = v.edit()
	if r.Reviewed = s.pack.Revision; t != r.Standing {
		r.Standing, r.CondAt = t, s.now
	}
	switch {
	case !moves && a.Allow: // quiet
	case a.Allow && !slices.Contains(Phases, a.To):
		s.decided(v, v.home(), f, d)
		s.refuse(v, v.home(), f, d, string(a.To), "no phase of that name")
	default:
		s.decided(v, v.home(), f, d)
		if moves {
			s.move(v, a.To, t, d)
		}
	}
	return true
}

func (s *step) move(v *service, to Phase, t Trigger, d Decision) {
	r := v.edit()
	s.tell(v, EventPhase, SourcePolicy, []FieldChange{{"phase", string(r.Phase), string(to)}}, Field{"reasons", codes(d.Reasons)}, Field{"trigger", string(t)})
	r.History = r.History.After(Moved{s.now, r.Phase, to, t})
	r.Phase, r.PhaseAt = to, s.now
}

// standing is the first condition that holds.
func (s *step) standing(v *service) Trigger {
	l := v.rec.Ladder
	switch {
	case v.rec.Desired == nil:
		return TriggerDeleted
	case l != nil && l.State == LadderClosed:
		return TriggerGaveUp
	case v.rec.Over.Isolated && v.here() == nil:
		return TriggerIsolated
	case v.silentAt(v.home()):
		return TriggerSilent
	case v.here() != nil:
		return TriggerStarted
	case v.unwell():
		return TriggerUnwell
	case v.well != 0:
		return TriggerWell
	}
	return TriggerCreated
}

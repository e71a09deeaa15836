package engine

import (
	"cmp"
	"fmt"
	"slices"
)

// slots moves each action on when one of its times has come.
func (s *step) slots(v *service) bool {
	for _, a := range v.rec.Slots {
		switch a.State {
		case SlotVerifying:
			if s.verify(v, a) {
				return true
			}
		case SlotMoving:
			if s.moveOn(v, a) {
				return true
			}
		case SlotUnknown:
			if s.fencedAt(v, a.Node) { // it has stopped by itself: nobody need say what became of it (rule 7.3)
				s.conclude(v, a, Fenced)
				return true
			}
			s.inquire(v, a)
		}
	}
	return false
}

// inquire asks what became of an action, again and again (rule 3.5). When it was asked need not be durable.
func (s *step) inquire(v *service, a *Action) {
	s.at(a.UnknownAt.Add(stuckAfter))
	if !s.due(a.Deadline) {
		return
	}
	x := *a
	x.Deadline = Timer{s.now, doubled(inquireFirst, a.Asked, inquireMost)}
	x.Asked++
	v.note().put(a.Node, &x)
	s.out.Inquire = append(s.out.Inquire, a.ActionRef)
	s.at(x.Deadline.Due())
}

// stuck says whether nobody has been able to say for long what became of an action, or its controller never will be.
func (s *step) stuck(a *Action) bool {
	return a != nil && a.State == SlotUnknown && (a.CannotTell || s.now >= a.UnknownAt.Add(stuckAfter))
}

// status takes what a controller knows of an action. A late answer finds its row ended: it is recorded and ignored.
func (s *step) status(ev ActionStatus) {
	v := s.services[ev.Ref.Service]
	if v == nil || v.rec == nil {
		return
	}
	a := v.slot(ev.Ref.Node)
	if a == nil || a.ActionRef != ev.Ref || a.ended() {
		if ev.State == ActionDone && (a == nil || a.ActionRef != ev.Ref) {
			s.tell(v, EventActionEnded, SourceController, nil, Field{"key", key(ev.Ref.EpochSeq)}, lateAnswer,
				Field{"message", ev.Message}, Field{"node", ev.Ref.Node}, Field{"result", string(ev.Result)})
		}
		return
	}
	s.touch(v)
	switch {
	case ev.State == ActionDone && ev.Result == Refused && s.seenHigher(v.id, ev.Highest):
		s.conclude(v, a, Stale)
	case ev.State == ActionDone:
		s.ended(v, a, ev)
	case ev.State == ActionNeverHeard, ev.State == ActionCannotTell && s.resend:
		s.conclude(v, a, NeverRan)
	case a.State == SlotIntent: // no answer in time: unknown, not failed (rule 3.4)
		x := v.editSlot(a)
		x.State, x.UnknownAt, x.Deadline, x.Asked = SlotUnknown, s.now, Timer{s.now, 0}, 0
		x.CannotTell = ev.State == ActionCannotTell
	case a.State == SlotUnknown && ev.State == ActionCannotTell && !a.CannotTell:
		v.editSlot(a).CannotTell = true
	}
}

// ended takes the controller's outcome; what is seen decides, in both directions (rule 4.1).
func (s *step) ended(v *service, a *Action, ev ActionStatus) {
	if a.Over {
		s.conclude(v, a, Superseded)
		return
	}
	x := v.editSlot(a)
	x.State, x.Result, x.Message, x.ResultAt, x.Deadline = SlotVerifying, ev.Result, ev.Message, s.now, Timer{s.now, a.Row.Within}
	if !x.Result.Counts() {
		x.Result = Failed // no word of the vocabulary for an outcome
	}
	s.placeAt(v, a.Node).holds = nil
}

// conclude ends a row and gives its result to the plan or the ladder that asked for it (rule 4.3).
func (s *step) conclude(v *service, a *Action, res Result) {
	if a.Over {
		res = Superseded
	}
	r := v.edit()
	if res != NeverRan {
		r.NeverRan = 0
	} else if r.NeverRan++; r.NeverRan == neverRanMost {
		r.NeverRan, res = 0, Failed
	}
	if res != NeverRan && res != Stale {
		r.Acted = v.acted(a) // their exit, when reported late, is no crash
	}
	r.put(a.Node, nil)
	s.landed(a)
	r.Hold = Timer{s.now, afterResult}
	v.unasked()
	s.tell(v, EventActionEnded, SourceEngine, nil, append(a.fields(), Field{"message", a.Message}, Field{"result", string(res)},
		Field{"seconds", fmt.Sprintf("%.1f", s.now.Sub(a.StartedAt).Seconds())})...)
	if a.Wanted != WantedYes || a.By == ByPlan && v.wantedAt(a.Node) && v.rec.Over.Isolated {
		s.removed(v, a, res)
	}
	switch {
	case a.Wanted != WantedYes:
	case res.Counts():
		r.History = r.History.After(Attempt{cmp.Or(a.For, a.Kind), res, s.now, a.Node, a.By})
		s.concluded(v, a, res)
	case res != Superseded && v.rec.Ladder != nil && v.rec.Ladder.State == LadderOpen && (a.restores() || a.Kind == Relocate):
		// What it changed of the effective spec stands, so that recovery would pass over it: planning goes after it.
		v.editLadder().State = LadderIdle
	}
}

// acted are the instances that an action acted on, but those that were seen alive after its result: it has not ended them, so
// that a later exit is their own.
func (v *service) acted(a *Action) []string {
	p := v.place(a.Node)
	if p == nil || p.diff == nil {
		return a.Instances
	}
	ids := slices.Clone(a.Instances)
	if a.endsAll() {
		ids = append(ids, idsOf(p.diff.Instances, func(i Instance) bool { return !slices.Contains(ids, i.ID) })...)
	}
	if a.ResultAt != 0 && p.sees() && p.proof >= a.ResultAt {
		alive := idsOf(p.diff.Instances, isAlive)
		ids = slices.DeleteFunc(ids, func(id string) bool { return slices.Contains(alive, id) })
	}
	return ids
}

// concluded is what a counted result means for the ladder: base is now, and it is idle when its action worked.
func (s *step) concluded(v *service, a *Action, res Result) {
	switch l := v.rec.Ladder; {
	case a.By == ByPlan && res != Succeeded:
		s.issue(v, IssuePlanFailed)
	case a.By == ByRecovery && l != nil:
		l = v.editLadder()
		if l.Base = s.now; res == Succeeded && a.Kind != Isolate && l.State == LadderOpen {
			l.State = LadderIdle
		}
	}
}

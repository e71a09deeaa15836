package engine

import (
	"maps"
	"slices"
	"time"
)

// Next is what recovery would do next, and when.
type Next struct {
	What    ActionKind // wait: until a fact changes
	Due     Instant    // 0 with wait
	Reasons []Reason
}

// issue opens the ladder of a service, or the idle one again (rule 5.2). It says whether it did.
func (s *step) issue(v *service, name string) bool {
	l := v.rec.Ladder
	if v.rec.Desired == nil || l != nil && l.State != LadderIdle {
		return false
	}
	old := LadderState(none)
	if l == nil {
		v.edit().Ladder = &Ladder{Opened: s.now}
	} else {
		old = l.State
	}
	l = v.editLadder()
	l.Issue, l.State, l.Base, l.Ran = name, LadderOpen, s.now, time.Duration(v.ran)
	v.unasked()
	if v.unwell() {
		s.fell(v, s.now)
	}
	s.tell(v, EventIssue, SourceEngine, []FieldChange{{"ladder", string(old), string(LadderOpen)}}, Field{"issue", name})
	return true
}

// ownIssues opens and ends the ladders of the engine's own issues (rule 5.1). What is stuck elsewhere is a notice.
func (s *step) ownIssues(v *service) bool {
	if v.rec.Desired == nil {
		return s.stuckAway(v)
	}
	p := v.homePlace()
	if p == nil || !p.node.known() {
		return false
	}
	stuck, silent := s.stuck(v.here()), v.silentAt(v.home())
	if l := v.rec.Ladder; l != nil && (l.Issue == IssueActionStuck && !stuck || l.Issue == IssueNodeSilent && !silent) {
		v.edit().Ladder = nil
		v.forgo()
		v.unasked()
		return true
	}
	return stuck && s.issue(v, IssueActionStuck) || silent && s.issue(v, IssueNodeSilent) || s.stuckAway(v)
}

// stuckAway tells a human once of an action that nobody can resolve where the service is not wanted: there is no ladder
// for it (rule 5.5).
func (s *step) stuckAway(v *service) bool {
	for _, a := range v.rec.Slots {
		if mark := hash(IssueActionStuck, a.Node, a.EpochSeq); !v.wantedAt(a.Node) && s.stuck(a) && !slices.Contains(v.rec.Told, mark) && s.room(v) {
			s.told(v, mark)
			s.notice(v, IssueActionStuck, nil, toResolve(a))
			return true
		}
	}
	return false
}

// vanished leaves to planning what is not there at all, not even as exited: a node was started anew, or a recreate got no
// further than the removal. Restarting needs instances; attempts stay counted. What planning itself has failed at is
// recovery's.
func (s *step) vanished(v *service) bool {
	l, d := v.rec.Ladder, v.current()
	if l == nil || l.State != LadderOpen || l.Issue == IssuePlanFailed || l.Issue == IssueNoProgress ||
		d == nil || d.Parts().Existence != "missing" || v.here() != nil {
		return false
	}
	v.editLadder().State = LadderIdle
	v.unheld()
	v.unasked()
	return true
}

// toDo is what a human can do besides reading on.
func (s *step) toDo(v *service) string {
	if a := v.here(); s.stuck(a) {
		return toResolve(a)
	}
	return "`statemanager explain " + v.id.String() + "` tells more"
}

// toResolve is what a human is to do about an action of which nobody can tell what became (rule 3.5).
func toResolve(a *Action) string {
	return "look at node " + a.Node + " and say what became of " + string(a.Kind) + " " + key(a.EpochSeq) + ": `" + resolveCommand(a) + "`"
}

// recovers says whether recovery is to be asked (rule 5.3). While the service is well nothing is sent.
func (s *step) recovers(v *service) bool {
	l, p := v.rec.Ladder, v.homePlace()
	switch {
	case l == nil || l.State != LadderOpen || p == nil || !p.node.known():
		return false
	case v.here() != nil:
		return s.stuck(v.here())
	case v.silentAt(v.home()):
		return true
	}
	return v.current() != nil && v.well == 0
}

// ladder asks recovery, and does what it says when that is due. No choice is stored: an edit reaches what is pending.
func (s *step) ladder(v *service) bool {
	if !s.recovers(v) {
		v.forgo()
		return false
	}
	if s.census.uncounted > 0 || !s.room(v) || !s.free(v) {
		return false
	}
	f := s.recoveryFacts(v)
	if s.wasRefused(v, v.home(), f) {
		v.forgo()
		v.stir().refused = true
		return false
	}
	v.forgo()
	a, d, ok := ask[RecoveryAnswer](s, v, v.home(), f)
	if !ok {
		return false
	}
	s.decided(v, v.home(), f, d)
	// Where nobody can act, giving up is a wait, so that silence and stuck actions close nothing (rules 5.2, 7.2).
	bound := v.here() != nil || v.silentAt(v.home()) && !(a.Action == Relocate && s.fencedAt(v, v.home()))
	if a.Action == Wait || a.Action == GiveUp && bound {
		v.stir().next = &Next{What: Wait, Reasons: d.Reasons}
		return false
	}
	v.stir().next = &Next{What: a.Action, Due: v.rec.backOff(a.After).Due(), Reasons: d.Reasons}
	if !s.due(v.rec.backOff(a.After)) || bound && a.Action != Notify {
		return false // what is pending waits, uncounted (rule 7.1)
	}
	return s.climb(v, a, f, d)
}

// climb carries out what recovery has answered.
func (s *step) climb(v *service, a RecoveryAnswer, f RecoveryFacts, d Decision) bool {
	switch known := s.pack.Row(a.Action) != nil; {
	case a.Action == GiveUp:
		s.giveUp(v, f.Issue, d.Reasons)
	case a.Action == Notify && known:
		s.notice(v, f.Issue, d.Reasons, s.toDo(v))
		s.tried(v, Notify)
	case a.Action == Replan && known:
		s.tried(v, Replan)
		v.editLadder().State = LadderIdle
	default:
		return s.begin(v, s.chosen(v, a), f, d)
	}
	return true
}

// backOff runs from the issue or the last result: `after`, and jitter up to a tenth of it (rules 5.3, 8.2).
func (r *Record) backOff(after time.Duration) Timer {
	after = min(max(after, 0), maxAfter)
	part := hash(r.ID, r.Seq) % 1000
	return Timer{r.Ladder.Base, after + after/jitterPart/1000*time.Duration(part)}
}

// giveUp closes the ladder. It is itself a notice, with its reasons: no pack can forget to tell a human (rule 5.2).
func (s *step) giveUp(v *service, issue string, why []Reason) {
	l := v.editLadder()
	l.State, l.Closed, l.Why = LadderClosed, s.now, why
	v.unheld()
	s.notice(v, issue, why, "recovery has given up: `statemanager explain "+v.id.String()+"` tells more, `statemanager retry "+v.id.String()+"` or a new spec opens it again")
	s.tell(v, EventGaveUp, SourcePolicy, []FieldChange{{"ladder", string(LadderOpen), string(LadderClosed)}},
		Field{"issue", issue}, Field{"reasons", codes(why)})
}

// tried counts what takes no slot; base is its row's save (rules 3.6, 5.3).
func (s *step) tried(v *service, k ActionKind) {
	r := v.edit()
	r.History = r.History.After(Attempt{Kind: k, Result: Succeeded, At: s.now, Node: v.home(), By: ByRecovery})
	r.Hold = Timer{s.now, afterResult}
	v.editLadder().Base = s.now
	v.unasked()
}

// chosen is the action with the instances that it is for: the unwell ones, or all if there are none or all are meant.
func (s *step) chosen(v *service, a RecoveryAnswer) Action {
	x := Action{Kind: a.Action, By: ByRecovery, Wanted: WantedYes}
	x.Node = v.home()
	d := v.current()
	if d == nil {
		return x
	}
	all := func(Instance) bool { return true }
	unwell := func(i Instance) bool { return isUnwell(d, i) }
	switch {
	case x.restores():
		x.Instances = idsOf(d.Instances, func(i Instance) bool { return unwell(i) || v.other(i) })
		return x
	case a.Scope != "all" && a.Action != Isolate && a.Action != Relocate:
		x.Instances = idsOf(d.Instances, unwell)
	}
	if len(x.Instances) == 0 {
		x.Instances = idsOf(d.Instances, all)
	}
	return x
}

// other says whether an instance may differ from the last good pair. An agent does not say which instance has which
// configuration: where that changes it may be any.
func (v *service) other(i Instance) bool {
	good := v.rec.LastGood
	return good != nil && (i.Version != good.Version || !maps.Equal(good.Config, v.rec.Spec.Config))
}

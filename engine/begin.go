package engine

// carried is an action that this engine carries out: who may ask for it, and whether it starts instances where the
// service was not running.
type carried struct{ plan, recovery, starts bool }

// carriedOut is the whole set (rule 4.2): an answer that names any other action is refused. Notify and replan take no
// slot and never come here.
var carriedOut = map[ActionKind]carried{
	Create:   {plan: true, starts: true},
	Start:    {plan: true, starts: true},
	Stop:     {plan: true},
	Remove:   {plan: true},
	Restart:  {plan: true, recovery: true},
	Recreate: {plan: true, recovery: true},
	Isolate:  {recovery: true},

	Scale:     {plan: true},
	Update:    {plan: true},
	Configure: {plan: true},

	Rollback:    {recovery: true},
	ResetConfig: {recovery: true},
	Relocate:    {recovery: true, starts: true},
}

// AskedFor says whether plans, or recovery, may ask for an action: another answer is refused (rule 4.2).
func (r *ActionRow) AskedFor(by By) bool {
	c := carriedOut[r.Name]
	if by == ByPlan {
		return c.plan || r.Custom
	}
	return c.recovery || r.Custom || r.Name == Notify || r.Name == Replan
}

// begin starts an action if it can be and dispatch lets it leave now. facts and d are the question that it answers. It
// says whether anything has changed.
func (s *step) begin(v *service, a Action, facts any, d Decision) bool {
	if why := s.impossible(v, &a); why != "" {
		s.refuse(v, a.Node, facts, d, string(a.Kind), why)
		return true
	}
	a.Row = *s.pack.Row(a.Kind)
	if carriedOut[a.Kind].starts && s.elsewhere(v) != "" {
		return false // until it is gone there (rule 6.3)
	}
	if a.Kind == Relocate {
		var ok bool
		if a.Target, _, ok = s.bestTarget(v); !ok {
			return s.noTarget(v, a.Node, facts, d)
		}
	}
	if s.defers(v, &a) {
		return false
	}
	if a.Kind == Relocate {
		s.relocate(v, a, d)
		return true
	}
	if s.override(v, a.Kind); a.restores() && len(a.Instances) == 0 {
		s.restored(v, &a)
		return true
	}
	s.intent(v, a, d)
	return true
}

// override saves with the intent what an action changes of the effective spec (rule 1.3).
func (s *step) override(v *service, k ActionKind) {
	switch k {
	case Isolate:
		v.edit().Over.Isolated = true
	case Rollback, ResetConfig: // the configuration goes with its version: there is no third pair (rule 1.6)
		r := v.edit()
		if r.Over.Pair = r.LastGood; r.LastGood.Equal(r.Desired.Spec.Pair()) {
			r.Over.Pair = nil
		}
	default:
		return
	}
	s.respec(v)
}

// restores says whether an action goes back to the last good pair.
func (a *Action) restores() bool { return a.Kind == Rollback || a.Kind == ResetConfig }

// restored ends a way back that no instance has to be touched for: the override alone was it (rule 1.6).
func (s *step) restored(v *service, a *Action) {
	s.tried(v, a.Kind)
	if l := v.editLadder(); l.State == LadderOpen {
		l.State = LadderIdle
	}
	v.unheld()
	s.tell(v, EventActionEnded, SourceEngine, nil, Field{"action", string(a.Kind)}, Field{"by", string(a.By)}, Field{"node", a.Node},
		Field{"result", string(Succeeded)}, Field{"message", "nothing runs that differs from it"})
}

// impossible is why policy cannot have an action, whatever it says.
func (s *step) impossible(v *service, a *Action) string {
	_, ok := carriedOut[a.Kind]
	switch row := s.pack.Row(a.Kind); {
	case row == nil:
		return "no action of that name"
	case !ok && !row.Custom:
		return "it is not carried out"
	case ok && row.Custom:
		return "its name is that of an action that is no site's own"
	case !row.AskedFor(a.By):
		return "it is not for " + string(a.By)
	case a.Wanted != WantedYes && a.Kind != Remove:
		return "where a service is not wanted only remove is"
	case !s.pack.Allowed[v.rec.Phase][a.Kind]:
		return "phase " + string(v.rec.Phase) + " does not allow it"
	case a.Wanted == WantedYes && v.rec.Over.Isolated && a.Kind != Stop && a.Kind != Remove:
		return "the service is isolated"
	case a.restores() && (v.rec.LastGood == nil || v.rec.LastGood.Equal(v.rec.Spec.Pair())):
		return "there is no other version and configuration that was good"
	case a.Kind == ResetConfig && v.rec.LastGood.Version != v.rec.Spec.Version:
		return "the last good configuration belongs to another version"
	}
	return ""
}

// defers asks dispatch whether an action may leave now. What is deferred is asked again when a fact changes.
func (s *step) defers(v *service, a *Action) bool {
	f := s.dispatchFacts(v, a)
	f.Held = s.cell.Paused != 0
	x, d, ok := ask[DispatchAnswer](s, v, a.Node, f)
	if !ok {
		return true
	}
	s.decided(v, a.Node, f, d)
	switch {
	case x.Run && !f.Held:
		return false
	case x.Run: // whatever the pack says
		d.Reasons = []Reason{{Code: "held", Text: "reconciliation is stopped"}}
	}
	u := v.stir()
	if now := codes(d.Reasons); u.deferred == nil || now != codes(u.deferred) {
		s.tell(v, EventDeferred, SourcePolicy, nil, Field{"action", string(a.Kind)}, Field{"node", a.Node}, Field{"reasons", now})
	}
	if u.deferred, u.disrupts = d.Reasons, ""; u.deferred == nil {
		u.deferred = []Reason{}
	}
	if a.Row.Disruptive {
		u.disrupts = a.Node
	}
	return true
}

// intent puts a new row into the slot of its node. It is durable before it is sent: both leave in this step.
func (s *step) intent(v *service, a Action, d Decision) {
	r := v.edit()
	r.Seq++
	r.Epoch = s.cell.Epoch
	a.ActionRef = ActionRef{a.Node, v.id, EpochSeq{r.Epoch, r.Seq}}
	a.State, a.Spec, a.Rev, a.StartedAt = SlotIntent, r.Spec, r.Rev, s.now
	p := s.placeAt(v, a.Node)
	if p.holds = nil; p.diff != nil {
		a.Known = idsOf(p.diff.Instances, func(Instance) bool { return true })
	}
	if a.Want = min(uint32(len(a.Instances)), r.Spec.Instances()); a.Want == 0 {
		a.Want = r.Spec.Instances()
	}
	r.put(a.Node, &a)
	if a.Row.Disruptive {
		x := Intent{s.now, a.Node, a.EpochSeq}
		r.History = r.History.After(x)
		s.spend(v, x, &a)
	}
	if a.By == ByPlan && a.Wanted == WantedYes {
		r.Plans++
	}
	v.unheld()
	v.unasked()
	s.out.Dispatch = append(s.out.Dispatch, &a)
	s.tell(v, EventActionStarted, SourceEngine, nil, append(a.fields(), Field{"instances", join(a.Instances)}, Field{"reasons", codes(d.Reasons)})...)
}

// fields name an action in an event.
func (a *Action) fields() []Field {
	return []Field{{"action", string(a.Kind)}, {"by", string(a.By)}, {"for", string(a.For)}, {"key", key(a.EpochSeq)}, {"node", a.Node}, {"target", a.Target}}
}

package engine

// holds is what keeps a service from going on now.
func (s *step) holds(v *service) []Hold { return s.holdsAt(v, s.now) }

// holdsAt lists what keeps a service from going on. It derives them from the same facts as settle does.
func (s *step) holdsAt(v *service, now Instant) (out []Hold) {
	add := func(code string, until Instant, text string) {
		if until == 0 || until > now {
			out = append(out, Hold{code, until, text})
		}
	}
	r := v.rec
	if r == nil {
		add("never_wanted", 0, "nobody wants it: it is left alone")
		return out
	}
	s.linkHolds(v, add)
	if l := r.Ladder; l != nil && l.State == LadderClosed {
		add("closed", 0, "recovery gave up on "+l.Issue+" at "+stamp(l.Closed)+sentences(l.Why))
	}
	for _, a := range r.Slots {
		what := string(a.Kind) + " " + key(a.EpochSeq) + " at " + a.Node
		switch {
		case a.CannotTell && s.stuck(a):
			add("action_stuck", 0, "its controller cannot tell what became of "+what)
		case s.stuck(a):
			add("action_stuck", 0, "nobody has said since "+stamp(a.UnknownAt)+" what became of "+what)
		case a.State == SlotMoving:
			add("moving", 0, "it is gone from node "+a.Node+" and is to start at node "+a.Target+", or at another that can take it")
		case a.State == SlotUnknown:
			add("action_unknown", 0, what+" has no known outcome yet: its controller is asked")
		default:
			add("under_way", 0, what+" is under way")
		}
	}
	if n := s.elsewhere(v); n != "" && r.Desired != nil {
		add("elsewhere", 0, "it may still run at node "+n+": it is started here when it is gone there")
	}
	for _, x := range r.Away {
		if x.Hold.Set() {
			add("removal", x.Hold.Due(), "the next "+map[bool]string{true: "stop", false: "removal"}[v.wantedAt(x.Node)]+" at node "+x.Node+" waits")
		}
	}
	if s.cell.Paused != 0 {
		add("paused", 0, "reconciliation is stopped since "+stamp(s.cell.Paused)+": nothing but notices is sent")
	}
	for _, id := range v.deps {
		if d := s.services[id]; d == nil || d.rec == nil {
			add("dependency_down", 0, "it needs "+id.String()+", which nobody has applied")
		} else if !d.isAvailable() {
			add("dependency_down", 0, "it needs "+id.String()+", which is not available")
		}
	}
	if why := v.unrest().deferred; why != nil {
		add("deferred", 0, "policy holds the next action back"+sentences(why))
		s.budgetHolds(v, add)
	}
	s.waitHolds(v, add)
	return out
}

// linkHolds are those of the nodes.
func (s *step) linkHolds(v *service, add func(string, Instant, string)) {
	p := v.homePlace()
	switch {
	case p == nil:
	case p.node.silent:
		add("node_silent", 0, "node "+p.node.id+" is silent since "+stamp(p.node.since))
	case p.blind || p.mute:
		add("blind", 0, "the agent of node "+p.node.id+" cannot see it")
	case !p.node.synced:
		add("node_connecting", p.node.due, "node "+p.node.id+" is not synced")
	case v.rec.Desired != nil && v.current() == nil && s.now >= p.pushed.Add(observeAgain): // at first it is only not back yet
		add("not_observed", 0, "node "+p.node.id+" has not answered to its spec")
	}
	if s.census.uncounted > 0 && v.rec.Ladder != nil {
		add("counting", 0, "nodes that are neither synced nor silent yet: "+number(s.census.uncounted))
	}
}

// waitHolds are those that pass with time.
func (s *step) waitHolds(v *service, add func(string, Instant, string)) {
	r, u := v.rec, v.unrest()
	if n := u.next; n != nil && n.What == Wait {
		add("waits", 0, "recovery waits"+sentences(n.Reasons))
	} else if n != nil {
		add("back_off", n.Due, "recovery waits before its "+string(n.What))
	}
	if r.Hold.Set() {
		add("hold", r.Hold.Due(), "a second passes between a result and the next action")
	}
	for i, until := range u.pause {
		if until != 0 {
			add("fail_safe", until, "policy could not be asked ("+entryNames[i]+")")
		}
	}
	if len(r.Outbox) >= maxOutbox {
		add("outbox_full", 0, "its notices wait for the MonitoringServer")
	}
	if u.refused {
		add("refused", 0, "what policy answered cannot be: it is asked again when a fact changes")
	}
	if u.paused != 0 {
		add("unsettled", u.paused, "policy contradicts itself about it")
	}
}

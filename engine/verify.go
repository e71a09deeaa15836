package engine

import "slices"

// from is since when it holds; 0 = it does not.
func (h *holding) from() Instant {
	if h == nil {
		return 0
	}
	return h.since
}

// verify looks whether an action is done: what an agent sees decides, not what a controller says (rule 4.1). Proof is an
// observation asked for after the result was durable and, at the end, one asked for when stable_for had passed.
func (s *step) verify(v *service, a *Action) bool {
	p := v.place(a.Node)
	switch {
	case a.Row.Custom: // nobody else can say (rule 4.2)
		s.conclude(v, a, a.Result)
		return true
	case p.node.silent || p.blind || p.mute:
		s.conclude(v, a, Silenced)
		return true
	case !p.node.synced:
		return false // between two streams it stands still
	case p.sees() && a.broke(p.diff):
		s.conclude(v, a, a.unless(Failed))
		return true
	}
	ok := p.sees() && p.diff.Rev == v.rev(a.Node) && a.holds(p.diff)
	if !ok {
		p.holds = nil
	} else if p.holds == nil || !sameIDs(p.holds.of, p.diff.Instances) {
		p.holds = &holding{s.now, p.diff.Instances}
	}
	res := Result("")
	if limit := (Timer{max(a.Deadline.Armed, p.node.since), a.Deadline.Delay}); a.Result != Succeeded && !ok {
		if s.proven(v, p, a.ResultAt) {
			res = a.Result // looked at once, and not shown done
		}
	} else if end := p.holds.from().Add(a.Row.StableFor); !ok || end > limit.Due() {
		if s.due(limit) {
			res = a.unless(TimedOut)
		}
	} else if s.due(Timer{p.holds.from(), a.Row.StableFor}) && s.proven(v, p, end) {
		res = Succeeded
	}
	if res == "" {
		return false
	}
	p.holds = nil
	if res == Succeeded && a.For == Relocate && a.Kind == Remove {
		s.seenGone(v, a)
	} else {
		s.conclude(v, a, res)
	}
	return true
}

// unless is what the controller said if that was no success, else res.
func (a *Action) unless(res Result) Result {
	if a.Result != Succeeded {
		return a.Result
	}
	return res
}

// holds says whether an observation shows what the action was for (rule 4.2).
func (a *Action) holds(d *StateDiff) bool {
	p := d.Parts()
	own := a.By != ByPlan || a.Wanted != WantedYes
	switch a.Kind {
	case Restart:
		return a.renewed(d) && (own || p.Config == same)
	case Recreate:
		return a.renewed(d) && (own || p.Config == same && p.Version == same)
	case Rollback, ResetConfig:
		return a.renewed(d) && p.Config == same && p.Version == same
	case Isolate:
		return !slices.ContainsFunc(d.Instances, isAlive)
	case Remove:
		return len(d.Instances) == 0
	case Relocate:
		return !p.Any()
	case Create:
		return p.Existence == same && p.Status == same
	case Start:
		return p.Run == same && p.Status == same
	case Stop:
		return p.Run == same
	case Scale:
		return p.Scale == same && p.Status == same
	case Update:
		return p.Version == same && p.Status == same
	case Configure:
		return p.Config == same && p.Status == same
	}
	return false
}

// renewed: of the instances acted on none is left, and as many new ones run.
func (a *Action) renewed(d *StateDiff) bool {
	n := uint32(0)
	for _, i := range d.Instances {
		if slices.Contains(a.Instances, i.ID) {
			return false
		}
		if isReady(i) && !slices.Contains(a.Known, i.ID) {
			n++
		}
	}
	return n >= a.Want
}

// endsAll says whether an action ends all instances there, those too that came after its intent.
func (a *Action) endsAll() bool { return a.Kind == Isolate || a.Kind == Remove || a.Kind == Stop }

// broke: an instance that was not known at the intent has already ended.
func (a *Action) broke(d *StateDiff) bool {
	if a.endsAll() {
		return false
	}
	return slices.ContainsFunc(d.Instances, func(i Instance) bool {
		return i.State == InstanceExited && !slices.Contains(a.Known, i.ID)
	})
}

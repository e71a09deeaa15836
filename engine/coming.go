package engine

import "slices"

// Coming is what comes next for a service: a sentence, when, and why.
type Coming struct {
	Text    string
	At      Instant // 0 = when a fact changes, or now
	Reasons []Reason
}

// coming derives what comes next from the same facts as settle does, in its order.
func (s *step) coming(v *service) Coming {
	switch r := v.rec; {
	case r == nil:
		return Coming{Text: "nothing: nobody wants it, and it is left alone"}
	case v.here() != nil:
		return s.comingOf(v.here())
	case s.cell.Paused != 0:
		return Coming{Text: "nothing but notices, until `statemanager resume`"}
	case r.Desired == nil:
		return s.comingDeleted(v)
	case r.Ladder != nil && r.Ladder.State == LadderClosed && !v.unwellIsolated():
		return Coming{Text: "nothing: recovery has given up; `statemanager retry " + v.id.String() + "`, or a new spec, opens it again"}
	}
	u := v.unrest()
	switch until := slices.Max(u.pause[:]); {
	case until > s.now:
		return Coming{Text: "policy, which could not be asked, is asked again", At: until}
	case u.next != nil || u.deferred != nil:
		return u.coming()
	}
	return s.comingSeen(v, u.refused)
}

// comingOf is what comes of an action that is under way.
func (s *step) comingOf(a *Action) Coming {
	what := string(a.Kind) + " " + key(a.EpochSeq) + " at node " + a.Node
	switch {
	case s.stuck(a):
		return Coming{Text: "nothing until a human helps: " + toResolve(a)}
	case a.State == SlotMoving:
		return Coming{Text: "it starts at node " + a.Target + ", or at another one that can take it"}
	case a.State == SlotUnknown:
		return Coming{Text: what + " gave no answer in time: its controller is asked what became of it"}
	case a.State == SlotVerifying:
		return Coming{Text: what + " has ended: whether it helped is being watched"}
	}
	return Coming{Text: what + " is being carried out"}
}

// resolveCommand is what an operator says when nobody else can tell what became of an action (rule 3.5).
func resolveCommand(a *Action) string {
	return "statemanager resolve " + a.Service.String() + " " + key(a.EpochSeq) + " --as succeeded|failed|never-ran"
}

func (s *step) comingDeleted(v *service) Coming {
	if len(v.rec.Slots) > 0 {
		return s.comingOf(v.rec.Slots[0])
	}
	for _, x := range v.rec.Away {
		if x.Hold.Set() && !x.Hold.Past(s.now) {
			return Coming{Text: "it is removed from node " + x.Node + " again", At: x.Hold.Due()}
		}
	}
	return Coming{Text: "it is removed wherever it is seen, and forgotten when no node can still have it"}
}

// coming is what recovery or planning has in mind.
func (u unrest) coming() Coming {
	what := "its planned action"
	if u.next != nil {
		what = string(u.next.What)
	}
	switch {
	case u.next != nil && u.next.What == Wait:
		return Coming{Text: "recovery waits until a fact changes", Reasons: u.next.Reasons}
	case u.deferred != nil:
		return Coming{Text: what + ", as soon as policy lets it go", Reasons: u.deferred}
	}
	return Coming{Text: what, At: u.next.Due, Reasons: u.next.Reasons}
}

// comingSeen is what comes of how the service was last seen, while nothing else is in mind. refused: what policy wants
// of that cannot be.
func (s *step) comingSeen(v *service, refused bool) Coming {
	r, d := v.rec, v.current()
	open := r.Ladder != nil && r.Ladder.State == LadderOpen
	switch away := s.elsewhere(v); {
	case d == nil:
		return Coming{Text: "nothing, until node " + v.home() + " says how it stands"}
	case v.well != 0 && r.Ladder != nil:
		return Coming{Text: "nothing, as long as it is well: its failed attempts are then forgotten", At: v.well.Add(s.pack.ProfileOf(v.id, r.Spec).StableAfter)}
	case !d.Parts().Any():
		return Coming{Text: "nothing: it is as wanted"}
	case away != "":
		return Coming{Text: "nothing here, until it is gone from node " + away}
	case r.Hold.Set() && !r.Hold.Past(s.now):
		return Coming{Text: map[bool]string{true: "recovery is asked", false: "planning is asked"}[open], At: r.Hold.Due()}
	case v.pace(v.home()).Set() && !v.pace(v.home()).Past(s.now):
		return Coming{Text: "it is isolated, and is stopped again", At: v.pace(v.home()).Due()}
	case open && s.census.uncounted > 0:
		return Coming{Text: "recovery is asked when each node is either synced or silent"}
	case refused:
		return Coming{Text: "nothing, until a fact or a rule changes: what policy answered cannot be"}
	}
	return Coming{Text: "nothing: policy leaves the difference alone"}
}

// unwellIsolated says whether an isolated service still runs, so that planning stops it though recovery has given up.
func (v *service) unwellIsolated() bool { return v.rec.Over.Isolated && v.unwell() }

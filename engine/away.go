package engine

import "slices"

// isAway says whether the service may still be at a node where it is not wanted.
func (r *Record) isAway(node string) bool {
	return slices.ContainsFunc(r.Away, func(x Away) bool { return x.Node == node })
}

// editAway changes the entry of a node, made if need be.
func (v *service) editAway(node string, change func(*Away)) {
	r := v.edit()
	r.Away = slices.Clone(r.Away)
	i := slices.IndexFunc(r.Away, func(x Away) bool { return x.Node == node })
	if i < 0 {
		i = len(r.Away)
		r.Away = append(r.Away, Away{Node: node})
	}
	change(&r.Away[i])
}

// away keeps where the service may still run though it is not to: durably, until nothing is seen there (rules 5.5, 1.7), so
// that it is started here only when it is gone there, also when that node has fallen silent since. Where it is isolated it
// is to be ended like where it is not wanted.
func (s *step) away(v *service) bool {
	for _, p := range v.places {
		n := p.node.id
		switch away := v.rec.isAway(n); {
		case v.runsAt(n):
			if away {
				v.notAway(n)
				return true
			}
		case away && v.neverAt(p.node):
			v.notAway(n)
			return true
		case !p.node.synced || p.blind || p.mute || v.slot(n) != nil:
		case !p.sees() || p.diff.Rev != v.rev(n):
			if away {
				s.askAgain(v, p)
			}
		case v.ended(p):
			if away {
				v.notAway(n)
				return true
			}
		case !away && slices.ContainsFunc(p.diff.Instances, isAlive):
			v.editAway(n, func(*Away) {})
			return true
		}
	}
	return false
}

// runsAt says whether the service is to run at a node.
func (v *service) runsAt(node string) bool { return v.wantedAt(node) && !v.rec.Over.Isolated }

// ended says whether the service is seen to be as it is to be where it is not to run.
func (v *service) ended(p *place) bool {
	if v.wantedAt(p.node.id) {
		return !p.diff.Parts().Any()
	}
	return len(p.diff.Instances) == 0
}

// neverAt says whether a service cannot be at a node: it has no address, and nothing was ever done or seen of the service.
func (v *service) neverAt(n *node) bool {
	return !n.configured && !n.heard && len(v.rec.Acted)+len(v.rec.History.Attempts) == 0 && v.rec.LastGood == nil
}

// pace is the back-off of what ends the service at a node where it is not to run.
func (v *service) pace(node string) Timer {
	for _, x := range v.rec.Away {
		if x.Node == node {
			return x.Hold
		}
	}
	return Timer{}
}

// notAway forgets the entry of a node.
func (v *service) notAway(node string) {
	r := v.edit()
	r.Away = slices.DeleteFunc(slices.Clone(r.Away), func(x Away) bool { return x.Node == node })
}

func isAlive(i Instance) bool { return i.State != InstanceExited }

// askAgain asks what is at a place, at most once in a while.
func (s *step) askAgain(v *service, p *place) {
	if p.asked == 0 || s.due(Timer{p.asked, observeAgain}) {
		s.ask(v, p)
	}
}

// removed backs off the next action that ends the service at a node, whatever the last one came to. A human is told once,
// at the tenth, or the first after that that failed and leaves room for it (rule 5.5).
func (s *step) removed(v *service, a *Action, res Result) {
	told := false
	v.editAway(a.Node, func(x *Away) {
		x.Hold = Timer{s.now, doubled(removeFirst, x.Tries, removeMost)}
		due := x.Tries+1 == maxPlans
		if told = due && res != Succeeded && s.room(v); told || !due {
			x.Tries++
		}
	})
	if told {
		s.notice(v, IssueNoProgress, nil, "look at node "+a.Node+": "+number(maxPlans)+" actions have not ended it there, the last, "+string(a.Kind)+", came to "+string(res))
	}
}

// elsewhere is a node other than home where the service may still run; "" = none. Until it is gone there it is not
// started here (rules 3.4, 6.3).
func (s *step) elsewhere(v *service) string {
	for _, x := range v.rec.Away {
		if x.Node != v.home() && !s.fencedAt(v, x.Node) {
			return x.Node
		}
	}
	for _, a := range v.rec.Slots {
		if a.Node != v.home() {
			return a.Node
		}
	}
	for _, p := range v.places {
		if p.node.id != v.home() && p.diff != nil && !s.fencedAt(v, p.node.id) && slices.ContainsFunc(p.diff.Instances, isAlive) {
			return p.node.id
		}
	}
	return ""
}

// gone removes the record of a deleted service: its removal was seen, no node is connecting that might still report it,
// and every notice was accepted (rule 1.7).
func (s *step) gone(v *service) bool {
	r := v.rec
	if r.Desired != nil || len(r.Slots) > 0 || len(r.Outbox) > 0 || len(r.Away) > 0 || s.census.pending > 0 {
		return false
	}
	s.tell(v, EventRemoved, SourceEngine, nil)
	v.edit().Gone = true
	return true
}

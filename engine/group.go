package engine

// members are the services of a group.
type members map[*service]bool

// groupOf is the group of a service: the value of the label that the pack names; "" = it is in none.
func (e *Engine) groupOf(v *service) string {
	if v.rec == nil || v.rec.Spec == nil || e.pack.GroupLabel == "" {
		return ""
	}
	return v.rec.Spec.Labels[e.pack.GroupLabel]
}

// regroup keeps the index of groups after a spec, or the pack, has changed.
func (e *Engine) regroup(v *service) {
	now := e.groupOf(v)
	if now == v.group {
		return
	}
	if delete(e.groups[v.group], v); len(e.groups[v.group]) == 0 { // what was counted in it goes with it
		delete(e.groups, v.group)
		delete(e.fallen, v.group)
		delete(e.rows, [2]string{scopeGroup, v.group})
	}
	e.touchHeld(e.groups[v.group])
	if v.group = now; now != "" {
		if e.groups[now] == nil {
			e.groups[now] = members{}
		}
		e.groups[now][v] = true
		e.touchHeld(e.groups[now])
	}
}

// How a member counts in the health of its group.
const (
	standsOut  = iota // nobody wants it
	standsIll         // it is not available, or is being acted on
	standsWell        // it may be what its group must keep
)

func (v *service) standing() uint8 {
	switch {
	case v.rec == nil || v.rec.Desired == nil:
		return standsOut
	case v.isAvailable() && v.here() == nil:
		return standsWell
	}
	return standsIll
}

// stood wakes those that dispatch holds back in the group of a service, whose health may have changed.
func (e *Engine) stood(v *service) {
	if now := v.standing(); now != v.stands {
		v.stands = now
		e.touchHeld(e.groups[v.group])
	}
}

// groupHealth says whether the group of a service has members that may still be disturbed: more are well, and not being
// acted on, than must stay so. A member without a ready instance takes nothing from its group.
func (s *step) groupHealth(v *service) string {
	w := s.pack.GroupWell
	if v.group == "" || w == (GroupWell{}) {
		return unlimited
	}
	if !v.isAvailable() {
		return left
	}
	all, well := 0, 0
	for m := range s.groups[v.group] {
		switch m.standing() {
		case standsWell:
			well++
			fallthrough
		case standsIll:
			all++
		}
	}
	if well > max(w.Count, (w.Percent*all+99)/100) {
		return left
	}
	return spent
}

// groupHere says whether another member of the group of a service is wanted at a node.
func (s *step) groupHere(v *service, node string) string {
	if v.group != "" {
		for m := range s.groups[v.group] {
			if m != v && m.wantedAt(node) {
				return "some"
			}
		}
	}
	return none
}

// alike are the services that share the version of a service: itself, and those of its group with the same one.
func (s *step) alike(v *service) (out []*service) {
	out = append(out, v)
	for m := range s.groups[v.group] {
		if m != v && m.rec != nil && m.rec.Desired != nil && v.group != "" && m.rec.Spec.Version == v.rec.Spec.Version {
			out = append(out, m)
		}
	}
	return out
}

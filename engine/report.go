package engine

// update is the effective spec as an agent is told.
func (v *service) update() SpecUpdate {
	return SpecUpdate{Service: v.id, Rev: v.rec.Rev, Phase: v.rec.Phase, Spec: v.rec.Spec}
}

// report pushes the effective spec to its node.
func (s *step) report(v *service) { s.push(v, v.home(), v.update()) }

// forget has an agent forget the spec.
func (s *step) forget(v *service, node string) {
	u := SpecUpdate{Service: v.id}
	if v.rec != nil {
		u.Rev = v.rec.Rev
	} else if p := v.place(node); p != nil {
		u.Rev = p.rev
	}
	s.push(v, node, u)
}

// push sends to an agent whose stream is open; another gets the whole set when it connects.
func (s *step) push(v *service, node string, u SpecUpdate) {
	p := s.placeAt(v, node)
	p.stale = false
	if !p.node.open {
		return
	}
	p.pushed = s.now
	s.out.Report = append(s.out.Report, SpecSet{Node: node, Specs: []SpecUpdate{u}})
}

// repush pushes again what an agent does not speak of (rule 2.2), at most once a second: it may only be behind.
func (s *step) repush(v *service, p *place) {
	if !p.stale || !s.due(Timer{max(p.pushed, 1), pushAgain}) {
		return
	}
	if v.wantedAt(p.node.id) {
		s.report(v)
	} else {
		s.forget(v, p.node.id)
	}
}

package engine

import (
	"cmp"
	"slices"
	"time"
)

// relocate starts a relocation, which is two rows with one verdict (rule 4.2): it is removed at its node, and started at
// the target once it was seen gone. Where the fence of the node has passed nothing runs there any more.
func (s *step) relocate(v *service, a Action, d Decision) {
	if s.fencedAt(v, a.Node) {
		s.moveTo(v, a, a.Target, d)
		return
	}
	row := a.Row
	if r := s.pack.Row(Remove); r != nil {
		row = *r
	}
	row.Disruptive = a.Row.Disruptive // budgets count the two as one (rule 8.3)
	a.Kind, a.For, a.Row = Remove, Relocate, row
	s.intent(v, a, d)
}

// noTarget: a pack that relocates though it was told that there is no target is refused; else it waits, uncounted.
func (s *step) noTarget(v *service, node string, facts any, d Decision) bool {
	if f, ok := facts.(RecoveryFacts); ok && f.Targets == none {
		s.refuse(v, node, facts, d, string(Relocate), "there is no target")
		return true
	}
	return false
}

// seenGone ends the first row. What it came to is stored, with the target, until the second has its intent.
func (s *step) seenGone(v *service, a *Action) {
	x := v.editSlot(a)
	x.State, x.Deadline = SlotMoving, Timer{}
	v.edit().Hold = Timer{s.now, afterResult}
	s.tell(v, EventActionEnded, SourceEngine, nil, append(a.fields(), Field{"message", a.Message}, Field{"result", string(Succeeded)})...)
}

// moveOn starts the second row, or waits, uncounted: a target that was lost in between is chosen anew.
func (s *step) moveOn(v *service, a *Action) bool {
	p := v.place(a.Node)
	switch {
	case p.sees() && slices.ContainsFunc(p.diff.Instances, isAlive):
		s.conclude(v, a, Failed) // it is back where it was
		return true
	case !s.free(v), s.cell.Paused != 0:
		return false
	}
	target, n := a.Target, s.nodes[a.Target]
	if n != nil && !n.known() {
		return false // between two streams
	}
	if n == nil || !n.synced || !n.info.Ready || v.slot(target) != nil {
		var ok bool
		if target, _, ok = s.bestTarget(v); !ok {
			return false
		}
	}
	s.moveTo(v, *a, target, Decision{})
	v.notAway(a.Node) // it was seen gone
	return true
}

// moveTo starts the second row at the target. The override of the node is saved with its intent.
func (s *step) moveTo(v *service, a Action, target string, d Decision) {
	r := v.edit()
	if a.For != "" {
		r.Acted = v.acted(&a)
		r.put(a.Node, nil)
	}
	if r.Over.Node = target; r.Desired.Spec.Node == target {
		r.Over.Node = ""
	}
	s.respec(v)
	x := Action{Kind: Relocate, For: Relocate, By: a.By, Wanted: WantedYes, Row: a.Row}
	if row := s.pack.Row(Relocate); row != nil {
		x.Row = *row
	}
	x.Row.Disruptive = x.Row.Disruptive && a.For == ""
	x.Node = target
	s.intent(v, x, d)
	s.onward(v, a.ActionRef, v.slot(target).ActionRef)
}

// fencedFrom is when the services of a silent node have ended by themselves (rule 7.3); 0 = they do not.
func (n *node) fencedFrom() Instant {
	if f := n.fence; n.silent && f.Self {
		return n.cut.Add(f.After + max(f.After/driftPart, time.Second))
	}
	return 0
}

// fencedAt says whether the fence of a node has passed, and asks to be woken when it does.
func (s *step) fencedAt(v *service, node string) bool {
	p := v.place(node)
	if p == nil {
		return false
	}
	from := p.node.fencedFrom()
	s.at(cmp.Or(from, s.now))
	return from != 0 && s.now >= from
}

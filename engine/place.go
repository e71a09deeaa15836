package engine

import (
	"cmp"
	"maps"
	"slices"
)

// bestTarget is the node that could take a service best: placement is asked for each that is synced and ready, the
// highest score wins, ties by name. d is its decision; ok is false if there is none, and after a fail-safe answer, which
// d then says: placement is asked again (rule 6.6).
func (s *step) bestTarget(v *service) (node string, d Decision, ok bool) {
	top := -1
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		n := s.nodes[id]
		if !v.mayGo(n) {
			continue
		}
		a, x, asked := ask[PlacementAnswer](s, v, id, s.placementFacts(v, n))
		if !asked {
			x.FailSafe = cmp.Or(x.FailSafe, "asked again later")
			return "", x, false
		}
		if !a.Unfit && min(a.Score, 100) > top {
			node, d, ok, top = id, x, true, min(a.Score, 100)
		}
	}
	return node, d, ok
}

// targets is the fact of that name. While placement cannot be asked a candidate may be a target: a relocation then waits
// for the answer, uncounted, instead of being passed over for a harder action.
func (s *step) targets(v *service) string {
	if _, d, ok := s.bestTarget(v); ok || d.FailSafe != "" {
		return "some"
	}
	return none
}

// mayGo says whether a node is a candidate: it is seen and ready, is not home, and the service cannot still be there.
func (v *service) mayGo(n *node) bool {
	if n.id == v.home() || !n.synced || !n.info.Ready || v.slot(n.id) != nil || v.rec.isAway(n.id) {
		return false
	}
	p := v.place(n.id)
	return p == nil || p.diff == nil || !slices.ContainsFunc(p.diff.Instances, isAlive)
}

// wanted is how many services are wanted at a node: those that only leave take no room from one that comes.
func (n *node) wanted() (count int) {
	for v := range n.services {
		if v.wantedAt(n.id) {
			count++
		}
	}
	return count
}

func (s *step) placementFacts(v *service, n *node) PlacementFacts {
	f := PlacementFacts{Common: s.common(v, n.id), Ready: n.info.Ready, Load: cmp.Or(n.info.Load, "normal"), GroupHere: s.groupHere(v, n.id)}
	f.Fits = n.info.Capacity == 0 || n.wanted() < int(n.info.Capacity)
	for _, a := range v.rec.History.Attempts {
		if a.Kind == Relocate && a.Node == n.id && a.Result != Succeeded && s.now < a.At.Add(s.pack.Placement) {
			f.FailedHere = min(f.FailedHere+1, 3)
			s.at(a.At.Add(s.pack.Placement))
		}
	}
	return f
}

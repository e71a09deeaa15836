package engine

import (
	"maps"
	"slices"
)

// bestTarget is the node that could take a service best: placement is asked for each that is synced and ready, the
// highest score wins, ties by name. d is its decision; ok is false if there is none.
func (s *step) bestTarget(v *service) (node string, d Decision, ok bool) {
	top := -1
	for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
		n := s.nodes[id]
		if id == v.home() || !n.synced || !n.info.Ready || v.slot(id) != nil || v.rec.isAway(id) {
			continue
		}
		a, x, asked := ask[PlacementAnswer](s, v, id, s.placementFacts(v, n))
		if asked && !a.Unfit && min(a.Score, 100) > top {
			node, d, ok, top = id, x, true, min(a.Score, 100)
		}
	}
	return node, d, ok
}

func (s *step) placementFacts(v *service, n *node) PlacementFacts {
	f := PlacementFacts{Common: s.common(v, n.id), Ready: n.info.Ready, Load: n.info.Load, GroupHere: s.groupHere(v, n.id)}
	f.Fits = n.info.Capacity == 0 || len(n.services) < int(n.info.Capacity)
	for _, a := range v.rec.History.Attempts {
		if a.Kind == Relocate && a.Node == n.id && a.Result != Succeeded && s.now < a.At.Add(s.pack.Placement) {
			f.FailedHere = min(f.FailedHere+1, 3)
			s.at(a.At.Add(s.pack.Placement))
		}
	}
	return f
}

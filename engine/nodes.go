package engine

import (
	"maps"
	"slices"
	"strings"
)

// heardOf takes what a node says of itself. What does not change by itself is kept in the cell's record, so that it is known
// of a node that is silent when a daemon starts: its fence (rule 7.3), its labels and its capacity.
func (s *step) heardOf(n *node, info NodeInfo) {
	n.info = info
	kept := NodeRecord{ID: n.id, Labels: info.Labels, Capacity: info.Capacity, Fence: info.Fence}
	i, known := slices.BinarySearchFunc(s.cell.Nodes, n.id, func(x NodeRecord, id string) int { return strings.Compare(x.ID, id) })
	says := len(kept.Labels) > 0 || kept.Capacity > 0 || kept.Fence != (Fence{})
	switch {
	case known && says && kept.same(&s.cell.Nodes[i]), !known && !says:
		return
	case known:
		c := s.cellEdit()
		c.Nodes = slices.Delete(slices.Clone(c.Nodes), i, i+1)
	}
	if says {
		c := s.cellEdit()
		c.Nodes = slices.Insert(slices.Clone(c.Nodes), i, kept)
	}
}

func (x *NodeRecord) same(y *NodeRecord) bool {
	return x.ID == y.ID && x.Capacity == y.Capacity && x.Fence == y.Fence && maps.Equal(x.Labels, y.Labels)
}

// recall takes what the cell's record says of the nodes that this engine knows. Those that neither the configuration nor a
// service names any more are dropped from it.
func (e *Engine) recall() {
	gone := func(id string) bool { return e.nodes[id] == nil && id != mostNodes }
	lost := func(x NodeRecord) bool { return gone(x.ID) }
	if slices.ContainsFunc(e.cell.Nodes, lost) || slices.ContainsFunc(e.cell.Silent, gone) {
		c := e.cellEdit()
		c.Nodes, c.Silent = slices.DeleteFunc(slices.Clone(c.Nodes), lost), slices.DeleteFunc(slices.Clone(c.Silent), gone)
	}
	for _, x := range e.cell.Nodes {
		if n := e.nodes[x.ID]; n != nil {
			n.info = NodeInfo{ID: x.ID, Labels: x.Labels, Capacity: x.Capacity, Fence: x.Fence}
		}
	}
}

package engine

import "slices"

// census counts the nodes of the cell.
type census struct {
	silent    int
	uncounted int // not yet synced or silent since New
	pending   int // that may report any moment: connecting, or lost and not yet silent
	wide      bool
}

// count takes the census after a change of a node, and wakes who waits for it: recovery until every node of the records
// is counted (rule 6.4), a deleted service until none is connecting (rule 1.7), and all when most are silent.
func (e *Engine) count() {
	old := e.census
	e.census = census{}
	for _, n := range e.nodes {
		if n.silent {
			e.census.silent++
		}
		if !n.counted {
			e.census.uncounted++
		}
		if !n.synced && (n.open || !n.silent) {
			e.census.pending++
		}
	}
	e.census.wide = e.widespreadSilence()
	e.wideRaised = e.wideRaised && e.census.wide
	if old.wide != e.census.wide || old.uncounted > 0 && e.census.uncounted == 0 || old.pending > 0 && e.census.pending == 0 {
		e.touchBusy()
	}
}

// widespreadSilence says whether so many nodes are silent, two at least, that the manager's own network is the likelier
// cause (rule 7.2).
func (e *Engine) widespreadSilence() bool {
	w, n := e.pack.Widespread, e.census.silent
	if w.SilenceCount <= 0 && w.SilencePercent <= 0 {
		return false
	}
	return n >= max(2, w.SilenceCount) && n*100 >= w.SilencePercent*len(e.nodes)
}

// silentAt says whether a service is not seen at a node: the node is silent, or its agent cannot see the service.
func (v *service) silentAt(node string) bool {
	p := v.place(node)
	return p != nil && (p.node.silent || p.blind || p.mute)
}

// nodeAlarm sets the next deadline of a node: falling silent, or being alerted for it.
func (e *Engine) nodeAlarm(n *node) {
	switch {
	case n.synced:
		e.set(&n.alarm, 0)
	case !n.silent:
		e.set(&n.alarm, n.due)
	case slices.Contains(e.cell.Silent, n.id):
		e.set(&n.alarm, 0)
	default:
		e.set(&n.alarm, n.since.Add(e.pack.SilentAlert))
	}
}

// nodeDue takes the deadline of a node.
func (s *step) nodeDue(n *node) {
	if !n.silent {
		s.fallSilent(n)
		s.count()
	} else {
		s.alertSilence(n)
	}
	s.nodeAlarm(n)
}

// alertSilence raises the one alert of a silent node; when most are silent, one for all of them (rules 7.1, 7.2).
func (s *step) alertSilence(n *node) {
	c := s.cellEdit()
	if !s.census.wide {
		s.alert(AlertNodeSilent, Field{"node", n.id}, Field{"since", stamp(n.since)})
		c.Silent = sortedWith(c.Silent, n.id)
		return
	}
	if !s.wideRaised {
		s.wideRaised = true
		s.alert(AlertWidespreadSilence, Field{"silent", number(s.census.silent)}, Field{"of", number(len(s.nodes))})
	}
	for _, m := range s.nodes {
		if m.silent {
			c.Silent = sortedWith(c.Silent, m.id)
			s.nodeAlarm(m)
		}
	}
}

// sortedWith is a sorted list with x in it, as a copy.
func sortedWith(list []string, x string) []string {
	i, ok := slices.BinarySearch(list, x)
	if ok {
		return list
	}
	return slices.Insert(slices.Clone(list), i, x)
}

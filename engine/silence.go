package engine

import "slices"

// census counts the nodes of the cell.
type census struct {
	nodes     int // that have an address
	silent    int
	uncounted int // not yet synced or silent since New
	pending   int // that may report any moment: connecting, or lost and not yet silent
	wide      bool
}

// count takes the census after a change of a node that has an address: of another nothing can be heard. It wakes who
// waits for it: recovery until every node of the records is counted (rule 6.4), a deleted service until none is
// connecting (rule 1.7), and all when most are silent.
func (e *Engine) count() {
	old := e.census
	e.census = census{}
	for _, n := range e.nodes {
		if !n.configured {
			continue
		}
		e.census.nodes++
		if n.silent {
			e.census.silent++
		}
		if !n.counted {
			e.census.uncounted++
		}
		if !n.synced && (e.connecting(n) || !n.silent) {
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
	return n >= max(2, w.SilenceCount) && n*100 >= w.SilencePercent*e.census.nodes
}

// silentAt says whether a service is not seen at a node: the node is silent, or its agent cannot see the service.
func (v *service) silentAt(node string) bool {
	p := v.place(node)
	return p != nil && (p.node.silent || p.blind || p.mute)
}

// connecting says whether a node has opened a stream on which it may still say SYNCED.
func (e *Engine) connecting(n *node) bool { return n.open && e.now < n.most }

// nodeAlarm sets the next deadline of a node: falling silent, being alerted for it, or no more being waited for.
func (e *Engine) nodeAlarm(n *node) {
	at := Instant(0)
	switch {
	case n.synced:
	case !n.silent:
		at = n.due
	default:
		if at = e.alertAt(n); e.connecting(n) {
			at = earlier(at, n.most)
		}
	}
	e.set(&n.alarm, at)
}

// alertAt is when a silent node is alerted; 0 = it was.
func (e *Engine) alertAt(n *node) Instant {
	if slices.Contains(e.cell.Silent, n.id) {
		return 0
	}
	return n.since.Add(e.pack.SilentAlert)
}

// nodeDue takes the deadline of a node.
func (s *step) nodeDue(n *node) {
	if !n.silent {
		s.fallSilent(n)
	} else if at := s.alertAt(n); at != 0 && at <= s.now {
		s.alertSilence(n)
	}
	s.count()
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
		s.alert(AlertWidespreadSilence, Field{"silent", number(s.census.silent)}, Field{"of", number(s.census.nodes)})
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

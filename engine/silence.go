package engine

import "slices"

// mostNodes stands among the nodes whose silence was alerted for all of them: no node has this id.
const mostNodes = "*"

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
	if e.census.wide = e.widespreadSilence(); !e.census.wide && e.census.uncounted == 0 {
		e.calmed()
	}
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

// calmed ends the alert of widespread silence: those that are silent still are alerted each for itself, unless they return
// in the time that a silent node has.
func (e *Engine) calmed() {
	if !slices.Contains(e.cell.Silent, mostNodes) {
		return
	}
	e.alerted(mostNodes, false)
	e.calm = e.now
	for _, n := range e.nodes {
		e.nodeAlarm(n)
	}
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

// alertAt is when a silent node is alerted; 0 = it was, or all of them were.
func (e *Engine) alertAt(n *node) Instant {
	if slices.Contains(e.cell.Silent, n.id) || slices.Contains(e.cell.Silent, mostNodes) {
		return 0
	}
	return max(n.since, e.calm).Add(e.pack.SilentAlert)
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
	if s.census.wide {
		s.alert(AlertWidespreadSilence, Field{"silent", number(s.census.silent)}, Field{"of", number(s.census.nodes)})
		s.alerted(mostNodes, true)
		return
	}
	s.alert(AlertNodeSilent, Field{"node", n.id}, Field{"since", stamp(n.since)})
	s.alerted(n.id, true)
}

// alerted notes in the cell's record that the silence of a node, or of most, was alerted, or that it ended.
func (e *Engine) alerted(id string, on bool) {
	i, has := slices.BinarySearch(e.cell.Silent, id)
	switch c := slices.Clone(e.cell.Silent); {
	case on && !has:
		e.cellEdit().Silent = slices.Insert(c, i, id)
	case has && !on:
		e.cellEdit().Silent = slices.Delete(c, i, i+1)
	}
}

package engine

import (
	"maps"
	"slices"
)

// node is what is known of the link to an agent, and the services that have a place there.
type node struct {
	id         string
	configured bool
	services   map[*service]bool
	open       bool  // a stream is open
	start      int64 // its name
	synced     bool  // the full set has been seen on it
	silent     bool  // from falling silent to the next SYNCED
	heard      bool  // it has connected to this process
	met        bool  // it has been synced by this process
	counted    bool  // it was synced or silent since New
	since      Instant
	lost       Instant // when it was last synced, or first expected
	due        Instant // when it falls silent, unless it is synced before
	most       Instant // until when a stream is waited for that is open and not synced, whatever is heard on it
	info       NodeInfo
	falls      falls   // services that became unwell here
	fence      Fence   // as it was declared by who is silent and has no stream; none while a stream is open
	cut        Instant // since when there has been no stream
	alarm      alarm
}

// known says whether something may be decided for the services of the node (rule 6.1).
func (n *node) known() bool { return n.synced || n.silent }

// node is the one of that name; one that is new to the engine is silent if it is not synced in time (rule 2.4).
func (e *Engine) node(id string) *node {
	n := e.nodes[id]
	if n == nil {
		n = &node{id: id, services: map[*service]bool{}, since: e.now, lost: e.now, counted: true}
		n.alarm.n = n
		e.nodes[id] = n
		n.due = e.now + e.timeout
		e.nodeAlarm(n)
	}
	return n
}

// ordered are the services of a node in order of ids.
func (n *node) ordered() []*service {
	return slices.SortedFunc(maps.Keys(n.services), func(a, b *service) int { return a.id.Compare(b.id) })
}

// agentChanged takes a change of the link to an agent.
func (s *step) agentChanged(ev AgentChanged) {
	n := s.node(ev.Node)
	switch ev.State {
	case AgentConnected:
		s.connected(n, ev)
	case AgentSynced:
		if n.open && n.start == ev.Start && !n.synced {
			s.synced(n, ev.Highest)
		}
	case AgentBlind:
		if n.open && n.start == ev.Start {
			s.blinded(n)
		}
	case AgentInfo:
		s.heardOf(n, ev.Info)
	case AgentLost:
		if n.open {
			s.lose(n)
		}
	case AgentSilent:
		s.lose(n)
		if !n.silent {
			s.fallSilent(n)
		}
	}
	s.nodeAlarm(n)
	s.count()
}

// lose ends the stream of a node. What was seen stays the last that was seen. Of a silent node the fence runs from here: while
// a stream was open its agent may have been alive, and its services with it (rule 7.3).
func (s *step) lose(n *node) {
	if n.open && n.silent {
		n.fence, n.cut = n.info.Fence, s.now
		s.touchAll(n)
	}
	n.open = false
	if n.synced {
		n.synced, n.lost, n.since = false, s.now, s.now
		n.due = s.now + s.timeout
	}
}

// connected opens a stream: the whole set is owed, and nothing of the old stream counts as an answer (rule 2.1). A
// reconnect alone saves nothing; one that is not synced in time does not put off silence for ever.
func (s *step) connected(n *node, ev AgentChanged) {
	s.lose(n)
	n.open, n.heard, n.start, n.fence = true, true, ev.Start, Fence{}
	s.heardOf(n, ev.Info)
	n.due = min(s.now+s.timeout, n.lost+2*s.timeout)
	n.most = s.now + syncedMost*s.timeout
	whole := SpecSet{Node: n.id, Whole: true}
	for _, v := range n.ordered() {
		p := v.place(n.id)
		p.proof, p.asked, p.blind, p.mute, p.stale, p.pushed = 0, 0, false, false, false, s.now
		s.wellness(v)
		if v.wantedAt(n.id) {
			whole.Specs = append(whole.Specs, v.update())
		}
	}
	s.out.Report = append(s.out.Report, whole)
}

// synced ends the full set (rule 2.1): what was not in it is not there, and a spec without an observation is pushed
// again. Stability counts anew from here (rule 7.1).
func (s *step) synced(n *node, highest []Highest) {
	if n.silent || !n.met {
		s.tellNode(n, NodeSynced)
	}
	n.synced, n.met, n.silent, n.counted, n.since = true, true, false, true, s.now
	s.alerted(n.id, false)
	for _, h := range highest {
		s.seenHigher(h.Service, h.EpochSeq)
	}
	for _, v := range n.ordered() {
		p := v.place(n.id)
		if p.diff != nil && p.diff.Counter.Start != n.start {
			p.diff = nil
		}
		switch {
		case p.diff != nil || p.blind:
		case v.wantedAt(n.id):
			s.report(v)
		default:
			p.diff = &StateDiff{Node: n.id, Service: v.id, Counter: Counter{Start: n.start}}
		}
		s.wellness(v)
		s.touch(v)
	}
}

// fallSilent takes a node as silent: from here until SYNCED nothing but notify happens there (rule 7.1).
func (s *step) fallSilent(n *node) {
	s.tellNode(n, NodeSilent)
	n.silent, n.synced, n.counted, n.since = true, false, true, s.now
	if !n.open {
		n.fence, n.cut = n.info.Fence, s.now
	}
	for v := range n.services {
		s.wellness(v)
	}
	s.touchAll(n)
}

// blinded takes an agent that cannot see its node: that is silence, never absence (rule 2.3). What it has seen on this stream
// counts for nothing in the full set that ends it.
func (s *step) blinded(n *node) {
	for v := range n.services {
		if p := v.place(n.id); p.diff != nil {
			d := *p.diff
			d.Counter = Counter{}
			p.diff = &d
		}
	}
	if !n.silent {
		s.fallSilent(n)
	}
}

func (s *step) touchAll(n *node) {
	for v := range n.services {
		s.touch(v)
	}
}

// NodeState says how the link to a node stands.
type NodeState string

// The states of a node. One that is lost or connecting counts as it last was.
const (
	NodeUnheard    NodeState = "unheard"
	NodeConnecting NodeState = "connecting"
	NodeSynced     NodeState = "synced"
	NodeLost       NodeState = "lost"
	NodeSilent     NodeState = "silent"
)

func (n *node) state() NodeState {
	switch {
	case n.synced:
		return NodeSynced
	case n.open:
		return NodeConnecting
	case n.silent:
		return NodeSilent
	case n.heard:
		return NodeLost
	}
	return NodeUnheard
}

func (s *step) tellNode(n *node, to NodeState) {
	s.tell(nil, EventNode, SourceAgent, []FieldChange{{"state", string(n.state()), string(to)}}, Field{"node", n.id})
}

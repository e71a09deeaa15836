package engine

import (
	"slices"
	"time"
)

// newer says whether a message of the same agent was sent after another: of another stream, or later in its own. What
// comes of an older stream is dropped before it is compared (rule 2.2).
func (c Counter) newer(than Counter) bool { return c.Start != than.Start || c.N > than.N }

// seen takes an observation; asked is set when it answers a question of ours.
func (s *step) seen(d StateDiff, asked Instant) {
	n := s.nodes[d.Node]
	if n == nil || !n.open || s.held[d.Service] {
		return
	}
	if d.Blind && asked != 0 && d.Counter == (Counter{}) {
		s.unanswered(n, d.Service, asked)
		return
	}
	if d.Counter.Start != n.start {
		return
	}
	if !n.synced && !n.silent {
		n.due = min(max(n.due, s.now+s.timeout), n.most) // it is heard, but for ever is no answer
		s.nodeAlarm(n)
	}
	v := s.services[d.Service]
	if v == nil && len(d.Instances) == 0 {
		return // late news of what is gone already
	}
	v = s.service(d.Service)
	p := s.placeAt(v, d.Node)
	s.touch(v)
	switch {
	case !d.Counter.newer(p.counter):
		p.answered(asked) // what came meanwhile was made later than this answer
	case d.Rev != 0 && d.Rev != v.rev(d.Node): // it would undo a roll-back
		p.stale, p.rev = true, d.Rev
	default:
		s.taken(v, p, d, asked)
	}
}

// unanswered takes a question that failed: nobody can see the service (rule 2.3), unless it was seen since.
func (s *step) unanswered(n *node, id ResourceID, asked Instant) {
	v := s.services[id]
	if v == nil {
		return
	}
	if p := v.place(n.id); p != nil && n.synced && p.at <= asked {
		p.mute = true
		s.wellness(v)
		s.touch(v)
	}
}

// answered says that what is known was seen after a question was put.
func (p *place) answered(asked Instant) {
	if asked != 0 && p.diff != nil {
		p.proof = max(p.proof, asked)
	}
}

// taken takes an observation that is not dropped.
func (s *step) taken(v *service, p *place, d StateDiff, asked Instant) {
	p.counter, p.at, p.blind, p.mute = d.Counter, s.now, d.Blind, false
	p.stale = d.Rev != v.rev(d.Node)
	if d.Blind {
		s.wellness(v)
		s.shown(v, p)
		return
	}
	p.diff = &d
	p.answered(asked)
	down := v.dependencies(s.Engine) == someDown
	s.wellness(v)
	if v.rec != nil {
		s.exits(v, &d, down)
	}
	s.shown(v, p)
}

// exits counts each crash once, by its instance, while that node still reports it (rule 5.6). The exit of an instance
// that our own action acts on is none (rule 4.2).
func (s *step) exits(v *service, d *StateDiff, down bool) {
	var ids []string
	h := v.rec.History
	for _, i := range d.Instances {
		if i.State != InstanceExited {
			continue
		}
		ids = append(ids, i.ID)
		if slices.Contains(h.Exited, Exited{d.Node, i.ID}) || !v.wantedAt(d.Node) || v.actedOn(d.Node, i.ID) {
			continue
		}
		c := Crash{At: s.now, Version: i.Version, Ran: time.Duration(v.ran), Apart: down}
		v.edit().History = v.rec.History.After(c)
	}
	if now := v.rec.History.After(Seen{d.Node, ids}); !slices.Equal(now.Exited, h.Exited) {
		v.edit().History = now
	}
}

// actedOn says whether an action of ours acts, or has just acted, on an instance.
func (v *service) actedOn(node, id string) bool {
	a := v.slot(node)
	return slices.Contains(v.rec.Acted, id) || a != nil && (a.endsAll() || slices.Contains(a.Instances, id))
}

// ask puts the question of what is there, uncached.
func (s *step) ask(v *service, p *place) {
	p.asked = s.now
	s.out.Observe = append(s.out.Observe, ServiceRef{p.node.id, v.id, s.now})
	s.at(s.now.Add(observeAgain))
}

// proven is true when an observation was answered that was asked for at t or later; else it asks.
func (s *step) proven(v *service, p *place, t Instant) bool {
	switch {
	case p == nil || !p.node.synced:
		return false
	case p.proof != 0 && p.proof >= t:
		return true
	case p.asked == 0 || p.asked < t || s.due(Timer{p.asked, observeAgain}):
		s.ask(v, p)
	}
	return false
}

// sight sees to it that an agent speaks of the right spec, and asks again where a question failed.
func (s *step) sight(v *service) bool {
	for _, p := range v.places {
		s.repush(v, p)
		if p.mute && p.node.synced && s.due(Timer{max(p.asked, 1), observeAgain}) {
			s.ask(v, p)
		}
	}
	return false
}

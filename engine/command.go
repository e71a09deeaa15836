package engine

import (
	"slices"
	"strings"
)

// owed is the reply to a command: what still holds its service is known when the step has settled it.
type owed struct {
	id      int64
	service ResourceID
	kind    ErrorKind
	said    []string
}

// command does what an operator asks.
func (s *step) command(ev Command) {
	o := owed{id: ev.ID, service: ev.Service}
	v := s.services[ev.Service]
	switch {
	case ev.Verb == VerbPause || ev.Verb == VerbResume:
		o.said = s.pause(ev.Verb == VerbPause)
	case s.held[ev.Service]:
		o.kind, o.said = Unavailable, []string{"the stored record of " + ev.Service.String() + " cannot be read: mend or remove its key"}
	case v == nil || v.rec == nil:
		o.kind, o.said = NotFound, []string{"there is no service " + ev.Service.String()}
	case ev.Verb == VerbResolve:
		o.kind, o.said = s.resolve(v, ev.Key, ev.As)
	case ev.Verb != VerbRetry:
		o.kind, o.said = Invalid, []string{"there is no command " + string(ev.Verb)}
	default:
		o.said = s.retry(v, ev.Overrides)
	}
	s.owed = append(s.owed, o)
}

// retry starts recovery afresh, as a new generation does without a new spec (rule 1.4). What was spent of a budget stays
// spent, and actions under way go on unless the effective spec changes. It returns what it did.
func (s *step) retry(v *service, all bool) (said []string) {
	l := v.rec.Ladder
	if l == nil {
		said = append(said, "no recovery was under way: its counters start afresh")
	} else {
		said = append(said, "recovery starts afresh")
	}
	if l != nil && l.State == LadderClosed {
		said = append(said, "it was closed since "+stamp(l.Closed)+sentences(l.Why))
	}
	old := v.rec.Over
	s.tell(v, EventRetried, SourceOperator, nil, Field{"overrides", old.text()})
	s.afresh(v)
	r := v.edit()
	for _, x := range r.Away {
		v.editAway(x.Node, func(x *Away) { x.Tries, x.Hold = 0, Timer{} })
	}
	if r.Over.Isolated = false; all {
		r.Over = Overrides{}
	}
	if old != r.Over && r.Desired != nil {
		said = append(said, "dropped: "+old.without(r.Over).text())
		s.respec(v)
		s.supersede(v)
	}
	if r.Over != (Overrides{}) {
		said = append(said, "in force: "+r.Over.text())
	}
	s.touch(v)
	return said
}

// pause stops reconciliation or lets it go on: stored, and nothing but notices is sent meanwhile. It returns what it did.
func (s *step) pause(stop bool) (said []string) {
	switch since := s.cell.Paused; {
	case stop && since != 0:
		return []string{"reconciliation was stopped already, at " + stamp(since)}
	case stop:
		s.cellEdit().Paused = s.now
		s.tell(nil, EventPaused, SourceOperator, []FieldChange{{"paused", "false", "true"}})
		said = []string{"reconciliation is stopped: nothing but notices is sent until it is resumed"}
	case since == 0:
		return []string{"reconciliation was not stopped"}
	default:
		s.cellEdit().Paused = 0
		s.tell(nil, EventResumed, SourceOperator, []FieldChange{{"paused", "true", "false"}}, Field{"since", stamp(since)})
		said = []string{"reconciliation goes on; it was stopped at " + stamp(since)}
	}
	for _, v := range s.services {
		s.touch(v)
	}
	return said
}

// resolve ends an action that nobody can tell of, as a human says (rule 3.5): a success is verified like a controller's.
func (s *step) resolve(v *service, k EpochSeq, as Result) (ErrorKind, []string) {
	i := slices.IndexFunc(v.rec.Slots, func(a *Action) bool { return a.EpochSeq == k })
	if i < 0 {
		return NotFound, []string{"no action " + key(k) + " of " + v.id.String() + " is under way"}
	}
	a := v.rec.Slots[i]
	switch {
	case as != Succeeded && as != Failed && as != NeverRan:
		return Invalid, []string{"an action is resolved as succeeded, failed or never_ran, not as " + string(as)}
	case a.State != SlotUnknown:
		return Conflict, []string{"action " + key(k) + " of " + v.id.String() + " is not unknown: it is " + string(a.State)}
	}
	s.tell(v, EventResolved, SourceOperator, nil, append(a.fields(), Field{"result", string(as)})...)
	if s.touch(v); as == NeverRan {
		s.conclude(v, a, NeverRan)
	} else {
		s.ended(v, a, ActionStatus{Ref: a.ActionRef, State: ActionDone, Result: as, Message: "resolved by an operator"})
	}
	return "", []string{"action " + key(k) + " is taken as " + string(as)}
}

// without are the overrides that another set does not have.
func (o Overrides) without(kept Overrides) Overrides {
	if kept.Pair != nil {
		o.Pair = nil
	}
	if kept.Node != "" {
		o.Node = ""
	}
	o.Isolated = o.Isolated && !kept.Isolated
	return o
}

// text says what recovery has changed; of a configuration no values.
func (o Overrides) text() string {
	var out []string
	if o.Isolated {
		out = append(out, "isolated")
	}
	if o.Node != "" {
		out = append(out, "node "+o.Node)
	}
	if o.Pair != nil {
		out = append(out, "the last good version "+o.Pair.Version+" with its configuration")
	}
	return strings.Join(out, ", ")
}

// reply answers the commands of this step, with what still holds their services and until when.
func (s *step) reply() {
	for _, o := range s.owed {
		if v := s.services[o.service]; o.kind == "" && v != nil {
			for _, h := range s.holds(v) {
				o.said = append(o.said, h.String())
			}
		}
		s.out.Reply = append(s.out.Reply, Reply{ID: o.id, Kind: o.kind, Text: strings.Join(o.said, "; "), Service: o.service})
	}
}

package engine

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// entry numbers the entrypoints that the engine asks.
type entry int

const (
	entryPlan entry = iota
	entryTransition
	entryRecovery
	entryPlacement
	entryStability
	entryDispatch
	entries
)

var entryNames = [entries]string{"planning", "transition", "recovery", "placement", "stability", "dispatch"}

func entryOf(facts any) entry {
	switch facts.(type) {
	case PlanFacts:
		return entryPlan
	case TransitionFacts:
		return entryTransition
	case RecoveryFacts:
		return entryRecovery
	case PlacementFacts:
		return entryPlacement
	case StabilityFacts:
		return entryStability
	}
	return entryDispatch
}

// ask puts a question to policy. ok is false after a fail-safe answer, which is asked again after a while (rule 6.6): it
// plans nothing, refuses, waits, finds nothing, defers.
func ask[A any](s *step, v *service, node string, facts any) (a A, d Decision, ok bool) {
	i := entryOf(facts)
	if until := v.unrest().pause[i]; until > s.now {
		s.at(until)
		return a, d, false
	}
	d = s.d.Decide(Question{s.pack.Revision, facts})
	if a, ok = d.Answer.(A); ok && d.FailSafe == "" {
		return a, d, true
	}
	v.stir().pause[i] = s.now.Add(askAgain)
	s.at(s.now.Add(askAgain))
	d.Answer, d.FailSafe = nil, cmp.Or(d.FailSafe, "no answer of its type")
	s.decided(v, node, facts, d)
	where := placeOf(d, facts)
	s.alertOnce("fail-safe "+where, AlertFailSafe, Field{"cause", d.FailSafe}, Field{"entrypoint", Entrypoint(facts)}, Field{"rule", where})
	return a, d, false
}

// placeOf is where the rule stands that made a decision, or the name of the entrypoint.
func placeOf(d Decision, facts any) string {
	if len(d.Rules) > 0 {
		return d.Rules[0].String()
	}
	return Entrypoint(facts)
}

// decided records a decision; the same question with the same answer is not recorded twice in a row (rule 6.5).
func (s *step) decided(v *service, node string, facts any, d Decision) {
	i, h := entryOf(facts), hash(s.pack.Revision, node, facts, d.Answer, d.FailSafe)
	if v.unrest().asked[i] == h {
		return
	}
	v.stir().asked[i] = h
	x := &Decided{Entrypoint: Entrypoint(facts), Revision: s.pack.Revision, Node: node, Facts: Fields(facts, s.pack),
		Reasons: d.Reasons, Rules: d.Rules, FailSafe: d.FailSafe}
	if d.Answer != nil {
		x.Answer = Fields(d.Answer, s.pack)
	}
	s.out.History = append(s.out.History, Entry{At: s.now, Service: v.id, Decision: x})
}

// refuse records what policy asked and cannot be. It is not asked again for the same facts (rule 4.3).
func (s *step) refuse(v *service, node string, facts any, d Decision, what, why string) {
	s.told(v, s.factsMark(node, facts))
	where := placeOf(d, facts)
	s.tell(v, EventRefused, SourcePolicy, nil, Field{"entrypoint", Entrypoint(facts)}, Field{"answer", what}, Field{"why", why},
		Field{"node", node}, Field{"rule", where})
	s.alertOnce("refused "+where, AlertRefused, Field{"answer", what}, Field{"rule", where}, Field{"service", v.id.String()}, Field{"why", why})
}

// factsMark names facts at a node under the present pack.
func (s *step) factsMark(node string, facts any) uint64 { return hash(s.pack.Revision, node, facts) }

// wasRefused says whether the answer for these facts could not be.
func (s *step) wasRefused(v *service, node string, facts any) bool {
	return v.rec != nil && len(v.rec.Told) > 0 && slices.Contains(v.rec.Told, s.factsMark(node, facts))
}

// told remembers that something was said, durably; the oldest are forgotten.
func (s *step) told(v *service, mark uint64) {
	if v.rec == nil {
		return
	}
	r := v.edit()
	r.Told = append(slices.Clone(r.Told[max(0, len(r.Told)+1-maxTold):]), mark)
}

// hash is the same in every process: all that is hashed is made of words and numbers, without pointers.
func hash(xs ...any) uint64 {
	h := fnv.New64a()
	for _, x := range xs {
		fmt.Fprintf(h, "%+v\x00", x)
	}
	return h.Sum64()
}

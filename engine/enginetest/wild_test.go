package enginetest

import (
	"math/rand/v2"
	"time"

	"statemanager/engine"
)

// wild is a policy that answers anything, legal or not. The same question has the same answer, as a Decider promises, but
// for fail-safe answers, which come now and then.
type wild struct {
	r    *rand.Rand
	memo map[engine.Question]engine.Decision
}

// Decide answers a question.
func (p *wild) Decide(q engine.Question) engine.Decision {
	if p.r.IntN(40) == 0 {
		return engine.Decision{FailSafe: "timed out"}
	}
	d, ok := p.memo[q]
	if !ok {
		d = answer(p.any(q.Facts), "wild")
		p.memo[q] = d
	}
	return d
}

var anything = []engine.ActionKind{engine.Restart, engine.Recreate, engine.Relocate, engine.Rollback, engine.ResetConfig, engine.Isolate, engine.Notify,
	engine.Create, engine.Start, engine.Stop, engine.Remove, engine.Scale, engine.Update, engine.Configure, engine.Replan, engine.Wait, engine.GiveUp, "strange", ""}

func (p *wild) any(facts any) any {
	r := p.r
	switch facts.(type) {
	case engine.PlanFacts:
		a := engine.PlanAnswer{Priority: r.IntN(14) - 2, Critical: r.IntN(4) == 0}
		if r.IntN(2) == 0 {
			a.Issue = pick(r, "crash", "hang", "flapping", engine.IssueNodeSilent, engine.IssuePlanFailed, "strange")
		}
		for range r.IntN(3) {
			a.Actions = append(a.Actions, pick(r, anything...))
		}
		return a
	case engine.TransitionFacts:
		return engine.TransitionAnswer{Allow: r.IntN(3) > 0, To: pick(r, append(engine.Phases, "Odd", "")...)}
	case engine.RecoveryFacts:
		after := pick(r, -time.Hour, 0, time.Duration(r.IntN(20))*time.Second, 1<<62)
		return engine.RecoveryAnswer{Action: pick(r, anything...), Scope: pick(r, "all", "unwell", "", "odd"), After: after}
	case engine.PlacementFacts:
		return engine.PlacementAnswer{Score: r.IntN(300) - 100, Unfit: r.IntN(3) == 0}
	case engine.StabilityFacts:
		a := engine.StabilityAnswer{}
		for range r.IntN(3) {
			a.Issues = append(a.Issues, pick(r, "flapping", "stuck", "strange", engine.IssueActionStuck))
		}
		return a
	case engine.DispatchFacts:
		return engine.DispatchAnswer{Run: r.IntN(5) > 0}
	}
	return nil
}

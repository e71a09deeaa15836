package engine_test

import (
	"testing"

	"statemanager/engine"
)

// planner answers planning's question with the same plan each time, and holds back what is planned.
type planner struct {
	calm
	plan engine.PlanAnswer
}

func (p *planner) Decide(q engine.Question) engine.Decision {
	d := p.calm.Decide(q)
	switch q.Facts.(type) {
	case engine.PlanFacts:
		d.Answer = p.plan
	case engine.DispatchFacts:
		d.Answer = engine.DispatchAnswer{}
	}
	return d
}

// The plan of a service is planning's newest answer: one that there is nothing to do leaves none.
func TestPlanIsTheNewestAnswer(t *testing.T) {
	c, p := newCell(t, 1), &planner{plan: engine.PlanAnswer{Actions: []engine.ActionKind{engine.Restart}}}
	plan := func(d engine.DiffSeen) *engine.Plan {
		c.Step(c.now, d, p)
		v, _ := c.View(c.ids[0], c.now)
		return v.Record.Plan
	}
	if got := plan(c.crashed(0, 0)); got == nil || len(got.Actions) != 1 {
		t.Errorf("planned %+v, want a restart", got)
	}
	p.plan = engine.PlanAnswer{}
	d := c.crashed(0, 0)
	d.Diff.Scale = &engine.ScaleDiff{Desired: 1}
	if got := plan(d); got != nil {
		t.Errorf("where there is nothing to do the plan is %+v", got)
	}
}

package enginetest

import (
	"fmt"
	"maps"
	"slices"

	"statemanager/engine"
)

// Policy is a Decider in Go that stands in for the default policy pack: tables and rules. Packs of earlier revisions go on
// answering, since a question names the revision that it is for.
type Policy struct {
	editions []*edition
	site     map[string]string
	failSafe []string // entrypoints whose next question is not answered
}

// edition is a pack as it was activated.
type edition struct {
	tables tables
	pack   *engine.Pack
	rows   map[engine.ActionKind]action
}

func newPolicy() *Policy {
	p := &Policy{site: map[string]string{"mode": "parked"}}
	p.edit(defaultTables())
	return p
}

// edit makes a pack of tables active.
func (p *Policy) edit(t tables) *engine.Pack {
	e := &edition{tables: t, rows: map[engine.ActionKind]action{}}
	e.pack = t.pack(fmt.Sprintf("r%d", len(p.editions)+1))
	for _, a := range t.actions() {
		e.rows[a.Name] = a
	}
	p.editions = append(p.editions, e)
	return e.pack
}

func (p *Policy) active() *edition { return p.editions[len(p.editions)-1] }

// copied are the active tables, to be edited.
func (p *Policy) copied() tables {
	t := p.active().tables
	t.strategies, t.deferred, t.stays, t.budgets = maps.Clone(t.strategies), maps.Clone(t.deferred), maps.Clone(t.stays), maps.Clone(t.budgets)
	return t
}

// Decide answers a question.
func (p *Policy) Decide(q engine.Question) engine.Decision {
	if i := slices.Index(p.failSafe, engine.Entrypoint(q.Facts)); i >= 0 {
		p.failSafe = slices.Delete(p.failSafe, i, i+1)
		return engine.Decision{FailSafe: "timed out"}
	}
	i := slices.IndexFunc(p.editions, func(e *edition) bool { return e.pack.Revision == q.Revision })
	if i < 0 {
		return engine.Decision{FailSafe: "no such revision: " + q.Revision}
	}
	e := p.editions[i]
	switch f := q.Facts.(type) {
	case engine.PlanFacts:
		return e.plan(f)
	case engine.TransitionFacts:
		return e.transition(f)
	case engine.RecoveryFacts:
		return e.recovery(f)
	case engine.PlacementFacts:
		return e.placement(f)
	case engine.StabilityFacts:
		return e.stability(f)
	case engine.DispatchFacts:
		return e.dispatch(f)
	}
	return engine.Decision{FailSafe: fmt.Sprintf("no such question: %T", q.Facts)}
}

func answer(x any, codes ...string) engine.Decision {
	d := engine.Decision{Answer: x}
	for _, c := range codes {
		d.Reasons = append(d.Reasons, engine.Reason{Code: c, Text: c})
	}
	return d
}

func (e *edition) plan(f engine.PlanFacts) engine.Decision {
	a := engine.PlanAnswer{Priority: 5}
	if f.Profile == "safety" {
		a.Priority, a.Critical = 0, true
	}
	switch f.Wanted {
	case engine.WantedElsewhere, engine.WantedDeleted:
		a.Actions = []engine.ActionKind{engine.Remove}
		return answer(a, string(f.Wanted))
	case engine.WantedNever:
		return answer(a, "never_wanted")
	}
	wish := func(k engine.ActionKind, yes bool) {
		if yes {
			a.Actions = append(a.Actions, k)
		}
	}
	wish(engine.Configure, f.Diff.Config == "reloadable")
	wish(engine.Create, f.Diff.Existence == "missing")
	wish(engine.Recreate, f.Diff.Config == "needs_restart")
	wish(engine.Scale, f.Diff.Scale != "same")
	wish(engine.Start, f.Diff.Run == "should_run")
	wish(engine.Stop, f.Diff.Run == "should_stop")
	wish(engine.Update, f.Diff.Version != "same")
	if len(a.Actions) > 0 {
		return answer(a, "differs")
	}
	a.Issue = map[string]string{"crashed": "crash", "finished": "crash", "not_ready": "start_failed", "unhealthy": "unhealthy", "hung": "hang"}[f.Diff.Status]
	if a.Issue != "" {
		return answer(a, "bad_status")
	}
	return answer(a, "as_wanted")
}

func (e *edition) transition(f engine.TransitionFacts) engine.Decision {
	to := transitions[f.Phase][f.Trigger]
	if e.tables.parks {
		to = engine.Terminating
	}
	return answer(engine.TransitionAnswer{Allow: to != "", To: to}, string(f.Trigger))
}

func (e *edition) placement(f engine.PlacementFacts) engine.Decision {
	score := map[string]int{"idle": 90, "normal": 60, "busy": 30}[f.Load] - 20*int(f.FailedHere)
	return answer(engine.PlacementAnswer{Score: max(score, 0), Unfit: !f.Ready || !f.Fits || f.FailedHere > 1}, "load")
}

func (e *edition) stability(f engine.StabilityFacts) engine.Decision {
	a := engine.StabilityAnswer{}
	if f.Transitions >= 12 || f.Crashes >= 5 {
		a.Issues = append(a.Issues, "flapping")
	}
	changing := f.Phase == engine.Initializing || f.Phase == engine.Terminating
	if i := slices.IndexFunc(e.pack.Ages, func(g engine.Age) bool { return g.Name == "phase" }); changing && !f.Recent[i] {
		a.Issues = append(a.Issues, "stuck")
	}
	return answer(a, append(a.Issues, "history")...)
}

func (e *edition) dispatch(f engine.DispatchFacts) engine.Decision {
	var why []string
	spent := slices.Contains([]string{f.BudgetService, f.BudgetNode, f.BudgetGroup, f.BudgetCell}, "spent")
	starts := slices.Contains([]engine.ActionKind{engine.Create, engine.Start, engine.Restart, engine.Recreate, engine.Relocate}, f.Action)
	if f.Held {
		why = append(why, "held")
	}
	if f.Dependencies == "some_down" && starts {
		why = append(why, "dependency_down")
	}
	if e.rows[f.Action].Disruptive && spent {
		why = append(why, "budget_spent")
	}
	if mode := e.tables.deferred[f.Action]; mode != "" && f.Site[0] == mode {
		why = append(why, "site")
	}
	if len(why) > 0 {
		return answer(engine.DispatchAnswer{}, why...)
	}
	return answer(engine.DispatchAnswer{Run: true}, "free")
}

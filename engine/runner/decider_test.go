package runner_test

import (
	"time"

	"statemanager/engine"
)

// decider is a small policy: what is missing is created, what nobody wants is removed, the rest waits.
type decider struct{}

func (decider) Decide(q engine.Question) engine.Decision {
	d := engine.Decision{Reasons: []engine.Reason{{Code: "test", Text: "as the test has it"}}}
	switch f := q.Facts.(type) {
	case engine.PlanFacts:
		a := engine.PlanAnswer{Priority: 5}
		switch {
		case f.Wanted == engine.WantedDeleted || f.Wanted == engine.WantedElsewhere:
			a.Actions = []engine.ActionKind{engine.Remove}
		case f.Diff.Existence == "missing":
			a.Actions = []engine.ActionKind{engine.Create}
		case f.Diff.Status != "same":
			a.Issue = "crash"
		}
		d.Answer = a
	case engine.TransitionFacts:
		to := map[engine.Trigger]engine.Phase{engine.TriggerStarted: engine.Initializing, engine.TriggerWell: engine.Running,
			engine.TriggerUnwell: engine.Degraded, engine.TriggerDeleted: engine.Terminating, engine.TriggerCreated: engine.Pending,
			engine.TriggerGaveUp: engine.PhaseFailed}[f.Trigger]
		d.Answer = engine.TransitionAnswer{Allow: to != "", To: to}
	case engine.RecoveryFacts:
		d.Answer = engine.RecoveryAnswer{Action: engine.GiveUp}
	case engine.PlacementFacts:
		d.Answer = engine.PlacementAnswer{Unfit: true}
	case engine.StabilityFacts:
		d.Answer = engine.StabilityAnswer{}
	case engine.StrategyFacts:
		d.Answer = engine.StrategyAnswer{Actions: []engine.ActionKind{engine.Restart}, MaxRetryCount: 1}
	case engine.DispatchFacts:
		d.Answer = engine.DispatchAnswer{Run: true}
	}
	return d
}

func pack(revision string) *engine.Pack {
	row := func(k engine.ActionKind) engine.ActionRow {
		return engine.ActionRow{Name: k, Timeout: 10 * time.Second, Within: 10 * time.Second, StableFor: time.Second}
	}
	p := &engine.Pack{Revision: revision, Allowed: map[engine.Phase]map[engine.ActionKind]bool{},
		Actions: []engine.ActionRow{row(engine.Create), row(engine.Notify), row(engine.Remove)}, Issues: []string{"crash"},
		Profiles: []engine.Profile{{Name: "other", StableAfter: time.Minute}}, SilentAlert: time.Minute}
	for _, phase := range engine.Phases {
		p.Allowed[phase] = map[engine.ActionKind]bool{engine.Create: true, engine.Notify: true, engine.Remove: true}
	}
	return p
}

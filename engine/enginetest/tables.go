package enginetest

import (
	"slices"
	"strings"
	"time"

	"statemanager/engine"
)

// tables are the data of the pack that Policy stands in for: what an operator edits.
type tables struct {
	strategies map[string][]engine.ActionKind
	backoff    []time.Duration
	stable     time.Duration                // stable_after of every profile
	stableFor  time.Duration                // of actions whose row has one of 10 s
	parks      bool                         // a mistake: every trigger leads to Terminating
	deferred   map[engine.ActionKind]string // actions that wait while the site's mode is so
	stays      map[engine.ActionKind]bool   // actions that recovery skips
	silence    time.Duration                // until a silent node is alerted
	outage     [2]int                       // so many silent nodes, and so many of a hundred, are an outage
	budgets    map[string]engine.Budget
}

func defaultTables() tables {
	t := tables{strategies: map[string][]engine.ActionKind{}, stable: 5 * time.Minute, stableFor: 10 * time.Second, silence: time.Minute, outage: [2]int{2, 51},
		deferred: map[engine.ActionKind]string{}, stays: map[engine.ActionKind]bool{},
		budgets: map[string]engine.Budget{"service": {Limit: 10, Window: time.Hour}, "node": {Limit: 5, Window: time.Minute}}}
	for _, s := range []int{1, 10, 20, 40, 80, 160, 300} {
		t.backoff = append(t.backoff, time.Duration(s)*time.Second)
	}
	for issue, list := range map[string]string{
		"other":        "restart restart recreate isolate",
		"start_failed": "restart isolate",
		"flapping":     "recreate isolate",
		"plan_failed":  "replan replan replan replan replan",
		"no_progress":  "",
		"node_silent":  "",
		"action_stuck": "notify",
	} {
		t.strategies[issue] = kinds(strings.Fields(list))
	}
	return t
}

func kinds(names []string) []engine.ActionKind {
	out := []engine.ActionKind{}
	for _, name := range names {
		out = append(out, engine.ActionKind(name))
	}
	return out
}

// action is a row of the action table, with the columns that only rules read.
type action struct {
	engine.ActionRow
	notIn  []engine.Phase
	atOnce bool
}

// actions are the action table.
func (t *tables) actions() []action {
	var rows []action
	row := func(rank int, name engine.ActionKind, timeout, stable time.Duration, notIn string, covers string) *action {
		a := action{ActionRow: engine.ActionRow{Name: name, Rank: rank, Timeout: timeout, Within: timeout, StableFor: stable, Covers: kinds(strings.Fields(covers))}}
		for _, p := range strings.Fields(notIn) {
			a.notIn = append(a.notIn, engine.Phase(p))
		}
		a.Disruptive = stable == t.stableFor
		rows = append(rows, a)
		return &rows[len(rows)-1]
	}
	const gone, early = "Terminating", "Pending Terminating"
	s, quick := time.Second, 2*time.Second
	row(0, engine.Replan, 0, 0, "", "")
	row(10, engine.Start, 30*s, quick, gone, "")
	row(20, engine.Configure, 30*s, quick, gone, "")
	row(30, engine.Scale, 60*s, quick, gone, "")
	row(40, engine.Create, 60*s, quick, gone, "start configure scale update")
	row(50, engine.Restart, 30*s, t.stableFor, early, "start configure")
	row(60, engine.Recreate, 60*s, t.stableFor, gone, "start configure restart")
	row(70, engine.Update, 120*s, t.stableFor, gone, "configure restart recreate")
	row(80, engine.Relocate, 120*s, t.stableFor, early, "")
	row(90, engine.Rollback, 120*s, t.stableFor, early, "")
	row(100, engine.ResetConfig, 60*s, t.stableFor, early, "")
	row(110, engine.Stop, 30*s, quick, "Pending", "")
	row(120, engine.Remove, 60*s, quick, "", "start stop configure scale restart update")
	row(130, engine.Isolate, 60*s, quick, early, "").atOnce = true
	row(140, engine.Notify, 0, 0, "", "").atOnce = true
	reboot := row(125, "reboot-ecu", 60*s, 0, early, "")
	reboot.Custom, reboot.Disruptive = true, true
	for i := range rows {
		x := &rows[i]
		x.Estimated, x.Impact = x.StableFor, "none"
		switch {
		case x.Name == engine.Relocate:
			x.Impact = "moves"
		case x.Name == engine.Stop, x.Name == engine.Remove, x.Name == engine.Isolate:
			x.Impact = "stops"
		case x.Disruptive:
			x.Impact = "restarts"
		}
	}
	slices.SortFunc(rows, func(a, b action) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return rows
}

// pack is what the gate would hand over.
func (t *tables) pack(revision string) *engine.Pack {
	p := &engine.Pack{Revision: revision, Stability: time.Hour, Placement: time.Hour, SilentAlert: t.silence, Budgets: t.budgets,
		Issues: strings.Fields("action_stuck node_silent no_progress flapping plan_failed start_failed crash hang unhealthy stuck"),
		Causes: []engine.Cause{{Name: "bad_config", ExitCodes: []int32{78}}, {Name: "killed", Signals: []int32{9, 15}}},
		Ages: []engine.Age{{Name: "failure", Since: "first_failure", For: time.Hour}, {Name: "phase", Since: "phase_change", For: 10 * time.Minute},
			{Name: "spec", Since: "spec_change", For: time.Minute}},
		Profiles: []engine.Profile{{Name: "safety", Match: engine.Selector{Criticality: "safety"}, StableAfter: t.stable}, {Name: "other", StableAfter: t.stable}},
		Site:     []engine.SiteFact{{Name: "mode", Values: []string{"driving", "parked"}}},
		Widespread: engine.Widespread{Version: 2, Node: engine.Budget{Limit: 3, Window: time.Minute},
			SilenceCount: t.outage[0], SilencePercent: t.outage[1]},
		Allowed: map[engine.Phase]map[engine.ActionKind]bool{}}
	for _, phase := range engine.Phases {
		p.Allowed[phase] = map[engine.ActionKind]bool{}
	}
	for _, a := range t.actions() {
		p.Actions = append(p.Actions, a.ActionRow)
		for _, phase := range engine.Phases {
			p.Allowed[phase][a.Name] = !slices.Contains(a.notIn, phase)
		}
	}
	return p
}

// transitions are the table of phases: transitions[phase][trigger] is the next one.
var transitions = map[engine.Phase]map[engine.Trigger]engine.Phase{
	engine.Pending:      next(engine.Pending, engine.Initializing, engine.Initializing, engine.Pending),
	engine.Initializing: next(engine.Initializing, engine.Initializing, engine.Degraded, engine.Degraded),
	engine.Running:      next(engine.Running, engine.Running, engine.Degraded, engine.Degraded),
	engine.Degraded:     next(engine.Degraded, engine.Degraded, engine.Degraded, engine.Degraded),
	engine.Terminating:  next(engine.Pending, engine.Initializing, engine.Initializing, engine.Pending),
	engine.PhaseFailed:  next(engine.Pending, engine.Initializing, engine.PhaseFailed, engine.PhaseFailed),
}

// next is a row of that table; what does not depend on the phase is filled in.
func next(created, started, unwell, silent engine.Phase) map[engine.Trigger]engine.Phase {
	return map[engine.Trigger]engine.Phase{
		engine.TriggerCreated: created, engine.TriggerStarted: started, engine.TriggerUnwell: unwell, engine.TriggerSilent: silent,
		engine.TriggerWell: engine.Running, engine.TriggerIsolated: engine.PhaseFailed, engine.TriggerGaveUp: engine.PhaseFailed,
		engine.TriggerDeleted: engine.Terminating,
	}
}

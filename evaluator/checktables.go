package evaluator

import (
	"slices"

	"statemanager/engine"
)

// tablesAsFacts are the tables whose rows are facts, and how many rows each may have: 256 values of a fact are a byte, and
// `other` is one of them.
var tablesAsFacts = map[string]int{
	"actions": engine.MaxActions, "ages": engine.MaxAges, "profiles": 256, "issues": 255, "causes": 255, "node_classes": 255,
}

// engineIssues are those that the engine opens by itself.
var engineIssues = []string{engine.IssueActionStuck, engine.IssueNodeSilent, engine.IssueNoProgress, engine.IssuePlanFailed}

// checkTables holds what a schema cannot say of the tables.
func checkTables(p *engine.Pack, d *declarations, data row, g *gate) {
	for table, most := range tablesAsFacts {
		if t := data.at(table); len(t.v.keys()) > most {
			g.errorf(t.v.place, "data.%s has %d rows; at most %d can be", table, len(t.v.keys()), most)
		}
	}
	for _, table := range []string{"issues", "causes", "node_classes", "ages"} {
		if r := data.at(table).at(other); r.set() {
			g.errorf(r.here(), "data.%s.other: other is what no row of this table names and cannot be a row", table)
		}
	}
	if len(p.Site) > engine.MaxSite {
		g.errorf(d.common.Properties["site"].place, "input.site has %d facts; at most %d can be", len(p.Site), engine.MaxSite)
	}
	for _, i := range engineIssues {
		if !slices.Contains(p.Issues, i) {
			g.errorf(data.at("issues").here(), "data.issues has no row %s, which the daemon opens by itself", i)
		}
	}
	checkActions(p, data.at("actions"), g)
	checkProfiles(p, data, g)
	checkTransitions(data.at("transitions"), g)
	checkStability(p, data, g)
	checkStrategies(p, d, data, g)
	checkBudgets(data.at("budgets"), g)
}

// checkBudgets holds that a service's history, which keeps so many intents, remembers all that its budget counts.
func checkBudgets(t row, g *gate) {
	if limit := t.at("service").at("limit"); limit.set() && limit.integer() > engine.MaxFigures {
		g.errorf(limit.here(), "data.budgets.service: limit (%d) is more than the %d disruptive actions that are remembered of a service", limit.integer(), engine.MaxFigures)
	}
}

// here is the place of a row, or of nothing.
func (t row) here() place {
	if t.v == nil {
		return place{}
	}
	return t.v.place
}

func checkActions(p *engine.Pack, t row, g *gate) {
	for _, k := range builtin {
		if p.Row(k) == nil {
			g.errorf(t.here(), "data.actions has no row %s, which the daemon carries out by itself", k)
		}
	}
	for _, a := range p.Actions {
		at := t.at(string(a.Name))
		own := slices.Contains(builtin, a.Name)
		switch {
		case slices.Contains([]engine.ActionKind{engine.Wait, engine.GiveUp, "none", other}, a.Name):
			g.errorf(at.here(), "data.actions.%s: %s is a word of its own and cannot be an action", a.Name, a.Name)
		case !own && !a.Custom:
			g.errorf(at.here(), "data.actions.%s: the daemon knows no such action%s; an action of the controller's has custom: true", a.Name, suggest(string(a.Name), kindNames(builtin)))
		case own && a.Custom:
			g.errorf(at.here(), "data.actions.%s is the daemon's own, not custom", a.Name)
		case own && a.Name != engine.Replan && a.Name != engine.Notify:
			checkTimes(a, at, g)
		case a.Custom && a.Timeout <= 0:
			g.errorf(at.here(), "data.actions.%s: timeout must be given", a.Name)
		}
	}
}

func kindNames(ks []engine.ActionKind) (out []string) {
	for _, k := range ks {
		out = append(out, string(k))
	}
	return out
}

// checkTimes holds that a success can be seen: within >= stable_for > 0.
func checkTimes(a engine.ActionRow, at row, g *gate) {
	if a.Timeout <= 0 {
		g.errorf(at.here(), "data.actions.%s: timeout must be given", a.Name)
	}
	if a.StableFor <= 0 {
		g.errorf(at.here(), "data.actions.%s: verify.stable_for must be more than 0s", a.Name)
	}
	if a.Within < a.StableFor {
		g.errorf(at.here(), "data.actions.%s: verify.within (%v) must not be less than verify.stable_for (%v)", a.Name, a.Within, a.StableFor)
	}
}

// checkProfiles holds that the row `other` is whole, and that no service is stable before its action has been seen to work.
func checkProfiles(p *engine.Pack, data row, g *gate) {
	rows := data.at("profiles")
	if !rows.at(other).set() {
		g.errorf(rows.here(), "data.profiles has no row other, which is for the services that no row matches")
		return
	}
	for _, f := range p.Profiles {
		at := rows.at(f.Name).at("stable_after")
		if !at.set() {
			at = rows.at(f.Name)
		}
		for _, a := range p.Actions {
			if f.StableAfter <= a.StableFor || f.StableAfter <= 0 {
				g.errorf(at.here(), "data.profiles.%s: stable_after (%v) must be more than stable_for of %s (%v)", f.Name, f.StableAfter, a.Name, a.StableFor)
				break
			}
		}
	}
	if data.at("strategies").set() && !data.at("strategies").at(other).set() {
		g.errorf(data.at("strategies").here(), "data.strategies has no row other, which is for the issues that have none")
	}
}

// checkTransitions holds that every phase answers every trigger.
func checkTransitions(t row, g *gate) {
	if !t.set() {
		return // a pack whose rules need no table
	}
	for _, phase := range engine.Phases {
		r := t.at(string(phase))
		if !r.set() {
			g.errorf(t.here(), "data.transitions has no row %s: every phase lists every trigger", phase)
			continue
		}
		for _, trigger := range engine.Triggers {
			if to := r.at(string(trigger)); !to.set() {
				g.errorf(r.here(), "data.transitions.%s has no %s: every phase lists every trigger", phase, trigger)
			} else if !isPhase(to.str()) {
				g.errorf(to.here(), "data.transitions.%s.%s: %s is no phase%s", phase, trigger, to.v.text(), suggest(to.str(), phaseNames()))
			}
		}
	}
}

func phaseNames() (out []string) {
	for _, p := range engine.Phases {
		out = append(out, string(p))
	}
	return out
}

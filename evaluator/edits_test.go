package evaluator

import (
	"slices"
	"testing"

	"statemanager/engine"
)

// The five edits that the policy contract (section 1) wants to be this small. Each asks the same question before and after.

func TestIsolateAfterTwoFailures(t *testing.T) {
	ask := func(p *Policy) engine.ActionKind {
		f := crash(p)
		tried(p, &f, engine.Restart, 2)
		a, _ := recovery(t, p, f)
		return a.Action
	}
	before := quick(t, set("strategies.other", "[restart, restart, recreate, isolate]"))
	after := policy(t, set("strategies.other", "[restart, restart, isolate]"))
	if ask(before) != engine.Recreate || ask(after) != engine.Isolate {
		t.Errorf("before %s, after %s", ask(before), ask(after))
	}
}

func TestSafetyServicesNeverRelocate(t *testing.T) {
	ladder := set("strategies.other", "[relocate, isolate]")
	ask := func(p *Policy) (engine.ActionKind, []string) {
		f := crash(p)
		f.Profile = "critical_tier"
		a, d := recovery(t, p, f)
		return a.Action, codes(d)
	}
	before := quick(t, ladder, set("profiles.critical_tier", "{rank: 1, match: {labels: {tier: safety}}}"))
	after := policy(t, ladder, set("profiles.critical_tier", "{rank: 1, match: {labels: {tier: safety}}, never: [relocate]}"))
	if a, _ := ask(before); a != engine.Relocate {
		t.Errorf("before: %s", a)
	}
	if a, why := ask(after); a != engine.Isolate || !slices.Contains(why, "not_for_profile") {
		t.Errorf("after: %s, %v", a, why)
	}
}

func TestRollBackAtOnce(t *testing.T) {
	rule := `package statemanager.recovery

first.bad_start contains "rollback" if {
	input.issue == "crash"
	input.recent.spec
}
`
	ask := func(p *Policy) (engine.RecoveryAnswer, engine.Decision) {
		f := crash(p)
		f.GoodVersion, f.GoodConfig = "differs", "differs"
		f.Recent[slices.IndexFunc(p.tables.Ages, func(a engine.Age) bool { return a.Name == "spec" })] = true
		return recovery(t, p, f)
	}
	ladder, age := set("strategies.other", "[restart, rollback]"), set("ages.spec", "{since: spec_change, for: 1m}")
	before := quick(t, ladder, age)
	after := policy(t, ladder, age, file("recovery/bad_start.rego", rule), sentence("bad_start", "its new version crashed at once: {action} first"))
	if a, _ := ask(before); a.Action != engine.Restart {
		t.Errorf("before: %v", a)
	}
	a, d := ask(after)
	if a.Action != engine.Rollback || d.Reasons[0].Text != "its new version crashed at once: rollback first" {
		t.Errorf("after: %v, %v", a, d.Reasons)
	}
	if !slices.Contains(d.Rules, engine.Place{File: "recovery/bad_start.rego", Line: 3}) {
		t.Errorf("the rule is not among those that fired: %v", d.Rules)
	}
}

func TestNoRestartWhileDriving(t *testing.T) {
	asDefer := []edit{file("dispatch/driving.rego", `package statemanager.dispatch

defer contains "driving" if {
	input.site.vehicle == "driving"
	input.action == "restart"
}
`), sentence("driving", "the vehicle is driving")}
	asSkip := []edit{file("recovery/driving.rego", `package statemanager.recovery

skip.driving contains "restart" if input.site.vehicle == "driving"
`), sentence("driving", "the vehicle is driving: no {action}")}
	verdict := func(p *Policy) bool {
		c := common(p)
		c.Site[0] = "driving"
		return decide(t, p, engine.DispatchFacts{
			Common: c, Action: engine.Restart, AskedBy: engine.ByRecovery, Unwell: "all", Dependencies: "all_well",
			BudgetService: "left", BudgetNode: "left", BudgetGroup: "unlimited", BudgetCell: "unlimited", GroupHealth: "unlimited",
		}).Answer.(engine.DispatchAnswer).Run
	}
	action := func(p *Policy) engine.ActionKind {
		f := crash(p)
		f.Site[0] = "driving"
		a, _ := recovery(t, p, f)
		return a.Action
	}
	ladder := set("strategies.other", "[restart, recreate]")
	plain, waits, escalates := quick(t, ladder), policy(t, append(asDefer, ladder)...), policy(t, append(asSkip, ladder)...)
	if !verdict(plain) || verdict(waits) {
		t.Errorf("defer: before %v, after %v", verdict(plain), verdict(waits))
	}
	if action(plain) != engine.Restart || action(waits) != engine.Restart || action(escalates) != engine.Recreate {
		t.Errorf("skip: %s, %s, %s", action(plain), action(waits), action(escalates))
	}
}

func TestCustomAction(t *testing.T) {
	row := set("actions.reboot-ecu", "{custom: true, rank: 125, disruptive: true, impact: stops, estimated_duration: 40s, timeout: 60s, clears: stable}")
	ask := func(p *Policy) engine.ActionKind {
		f := crash(p)
		tried(p, &f, engine.Restart, 1)
		a, _ := recovery(t, p, f)
		return a.Action
	}
	before := quick(t, set("strategies.other", "[restart, isolate]"))
	after := policy(t, row, set("strategies.other", "[restart, reboot-ecu, isolate]"))
	if ask(before) != engine.Isolate || ask(after) != "reboot-ecu" {
		t.Errorf("before %s, after %s", ask(before), ask(after))
	}
	if r := after.Tables().Row("reboot-ecu"); !r.Custom || !after.Tables().Allowed[engine.Degraded]["reboot-ecu"] {
		t.Errorf("row %+v", r)
	}
}

// A name of a row is any text, dots too.
func TestNamesWithDots(t *testing.T) {
	under := func(table, row string) edit { return replace("data.yaml", "\n"+table, "\n"+table+"\n  "+row) }
	p := policy(t, under("profiles:", "v1.2: {rank: 1, match: {name: x}, strategies: {fire.2: [ecu.reboot]}}"), under("issues:", "fire.2: {rank: 20}"),
		under("actions:", "ecu.reboot: {custom: true, rank: 9, disruptive: true, impact: stops, estimated_duration: 1m, timeout: 60s, clears: stable}"),
		under("causes:", "cause.1: {rank: 9, match: {exit_code: [3]}}"), under("ages:", "age.1: {since: spec_change, for: 1h}"),
		replace("data.yaml", "node_classes: {}", "node_classes: {a.b: {rank: 1, match: {labels: {x.y/z: w}}}}"))
	f := crash(p)
	f.Profile, f.Issue, f.Cause, f.NodeClass = p.tables.Profiles[0].Name, "fire.2", "cause.1", p.tables.NodeClasses[0].Name
	if a, _ := recovery(t, p, f); a.Action != "ecu.reboot" || f.Profile != "v1.2" || p.tables.NodeClasses[0].Labels["x.y/z"] != "w" {
		t.Errorf("%s of profile %s at a node of class %+v", a.Action, f.Profile, p.tables.NodeClasses)
	}
}

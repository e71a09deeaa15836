package evaluator

import (
	"slices"
	"testing"

	"statemanager/engine"
)

// The six choices that are wholly the operator's: each is changed by files under the policy directory alone, most of them
// here as docs/policy.md prints it, as a layer. Asked is the same question before and after.

// freedom asks both packs; before and after are what each must answer.
func freedom[T comparable](t *testing.T, ask func(*Policy) T, before, after T, edits ...edit) {
	t.Helper()
	if got := ask(quick(t)); got != before {
		t.Errorf("before: %v, want %v", got, before)
	}
	if got := ask(policy(t, edits...)); got != after {
		t.Errorf("after: %v, want %v", got, after)
	}
}

// planned are the planned actions and the issue for a difference.
func planned(t *testing.T, diff engine.Parts) func(*Policy) string {
	return func(p *Policy) string {
		c := common(p)
		c.Phase = engine.Running
		a := decide(t, p, engine.PlanFacts{Common: c, Wanted: engine.WantedYes, Diff: diff, Cause: other, Dependencies: "all_well"}).Answer.(engine.PlanAnswer)
		if a.Issue != "" {
			return "issue " + a.Issue
		}
		return engine.Fields(a, p.tables)[2].Value
	}
}

// noDifference is what a test changes a part of.
func noDifference() engine.Parts {
	return engine.Parts{Existence: "same", Run: "same", Scale: "same", Version: "same", Config: "same", Status: "same"}
}

func TestFreedomWhichActionForWhichDifference(t *testing.T) {
	reload := noDifference()
	reload.Config = "reloadable"
	freedom(t, planned(t, reload), "configure", "configure restart", printed("Which action for which difference"))
	freedom(t, planned(t, reload), "configure", "recreate",
		replace("planning/planning.rego", `wish contains "configure" if {`, `wish contains "recreate" if {`),
		replace("planning/planning_test.rego", `"want": {"update", "configure"}`, `"want": {"update", "recreate"}`))
}

// Each is a layer, or edited into the pack as it is printed: the pack's own tests go on to pass, but for the one that says
// the opposite, which is edited with it.
func TestFreedomsEditedIn(t *testing.T) {
	policy(t, editedIn("Which action for which difference"),
		replace("planning/planning_test.rego", `"want": {"update", "configure"}`, `"want": {"update", "configure", "restart"}`))
	for _, heading := range []string{"Which transition is allowed", "What comes after so many failures",
		"What is critical", "When it is flapping", "Which node takes it"} {
		policy(t, editedIn(heading))
	}
}

// editedIn puts the examples under a heading into the pack itself.
func editedIn(heading string) edit {
	return func(t *testing.T, f Files) {
		t.Helper()
		g := &gate{}
		data := read(f, g).data
		for name, text := range manual(t, heading).Files {
			if isRego(name) {
				f[name] = text
				continue
			}
			patch := &value{fields: map[string]*value{}}
			patch.load(name, name, text, g)
			data.patch(patch, "data", g)
			delete(f, "reasons/data.yaml")
			f["data.yaml"] = []byte(data.json())
		}
		if len(g.list) > 0 {
			t.Fatal(g.list)
		}
	}
}

func TestFreedomWhichTransitionIsAllowed(t *testing.T) {
	freedom(t, func(p *Policy) engine.TransitionAnswer {
		c := common(p)
		c.Phase = engine.Running
		return decide(t, p, engine.TransitionFacts{Common: c, Trigger: "silent", Unwell: "none", UnderWay: "none"}).Answer.(engine.TransitionAnswer)
	}, engine.TransitionAnswer{Allow: true, To: engine.Degraded}, engine.TransitionAnswer{Allow: true, To: engine.Running}, printed("Which transition is allowed"))
	freedom(t, func(p *Policy) bool { return p.tables.Allowed[engine.Degraded][engine.Restart] }, true, false,
		set("actions.restart.not_in", "[Pending, Degraded, Terminating]"))
	freedom(t, func(p *Policy) bool {
		return decide(t, p, engine.TransitionFacts{Common: common(p), Trigger: "well", Unwell: "some", UnderWay: "none"}).Answer.(engine.TransitionAnswer).Allow
	}, true, false,
		replace("transition/transition.rego", "\tto := data.transitions[input.phase][input.trigger]\n", "\tto := data.transitions[input.phase][input.trigger]\n\tnot premature\n"),
		file("transition/premature.rego", "package statemanager.transition\n\npremature if {\n\tinput.trigger == \"well\"\n\tinput.unwell != \"none\"\n}\n"))
}

func TestFreedomWhatComesAfterFailures(t *testing.T) {
	after := func(profile string, n uint8) func(*Policy) engine.ActionKind {
		return func(p *Policy) engine.ActionKind {
			f := crash(p)
			f.Profile = profile
			tried(p, &f, engine.Restart, n)
			a, _ := recovery(t, p, f)
			return a.Action
		}
	}
	freedom(t, after(other, 2), engine.Recreate, engine.Isolate, printed("What comes after so many failures"))
	freedom(t, after("safety", 1), engine.Restart, engine.Recreate, file("recovery/once.rego", `package statemanager.recovery

skip.one_restart contains "restart" if {
	input.profile == "safety"
	input.tries.restart > 0
}
`), sentence("one_restart", "one restart is enough for it: no {action}"))
}

func TestFreedomWhatIsCritical(t *testing.T) {
	type urgency struct {
		priority int
		critical bool
	}
	asked := func(profile string) func(*Policy) urgency {
		return func(p *Policy) urgency {
			c := common(p)
			if slices.ContainsFunc(p.tables.Profiles, func(f engine.Profile) bool { return f.Name == profile }) {
				c.Profile = profile
			}
			diff := noDifference()
			diff.Status = "crashed"
			a := decide(t, p, engine.PlanFacts{Common: c, Wanted: engine.WantedYes, Diff: diff, Cause: other, Dependencies: "all_well"}).Answer.(engine.PlanAnswer)
			return urgency{a.Priority, a.Critical}
		}
	}
	freedom(t, asked("brakes"), urgency{5, false}, urgency{1, true}, printed("What is critical"))
	p := quick(t, printed("What is critical"))
	if got := p.tables.ProfileOf(engine.ResourceID{Name: "abs"}, &engine.Spec{Labels: map[string]string{"part": "brakes"}}).Name; got != "brakes" {
		t.Errorf("its services have the profile %s", got)
	}
}

func TestFreedomWhenIsItFlapping(t *testing.T) {
	asked := func(transitions, crashes uint8) func(*Policy) string {
		return func(p *Policy) string {
			d := decide(t, p, engine.StabilityFacts{Common: common(p), Transitions: transitions, Crashes: crashes})
			return engine.Fields(d.Answer, p.tables)[0].Value
		}
	}
	freedom(t, asked(6, 0), "", "flapping", printed("When it is flapping"))
	freedom(t, asked(0, 3), "", "flapping", file("stability/mine.rego", `package statemanager.stability

found.crashes_often contains "flapping" if {
	input.crashes > 2
	input.phase == "Degraded"
}
`))
}

func TestFreedomWhichNodeTakesIt(t *testing.T) {
	score := func(p *Policy, class, load string, phase engine.Phase) engine.PlacementAnswer {
		c := common(p)
		c.NodeClass, c.Phase = class, phase
		return decide(t, p, engine.PlacementFacts{Common: c, Fits: true, Ready: true, Load: load, GroupHere: "none"}).Answer.(engine.PlacementAnswer)
	}
	busyWins := func(p *Policy) bool {
		return score(p, other, "busy", engine.Degraded).Score > score(p, other, "idle", engine.Degraded).Score
	}
	freedom(t, busyWins, false, true, set("placement.load", "{idle: 30, normal: 60, busy: 90}")) // fill the full ones up
	freedom(t, func(p *Policy) bool {
		class := other
		if len(p.tables.NodeClasses) > 0 {
			class = p.tables.NodeClasses[0].Name
		}
		return score(p, class, "idle", engine.Degraded).Unfit
	}, false, true, printed("Which node takes it"))
}

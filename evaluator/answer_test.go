package evaluator

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"statemanager/engine"
)

// Section 5: answers are decoded strictly.
func TestDecode(t *testing.T) {
	p := quick(t)
	const why = `"reasons": {{"code": "next", "args": {"action": "restart", "failures": 1}}}`
	cases := []struct {
		facts any
		text  string
		want  any // an answer, or the text of an error
	}{
		{engine.RecoveryFacts{}, `{"action": "restart", "after": "1m30s", "scope": "all", ` + why + `}`, engine.RecoveryAnswer{Action: engine.Restart, After: 90 * time.Second, Scope: "all"}},
		{engine.RecoveryFacts{}, `{"action": "wait", ` + why + `}`, engine.RecoveryAnswer{Action: engine.Wait}},
		{engine.RecoveryFacts{}, `{"action": "dance", ` + why + `}`, "action"},
		{engine.RecoveryFacts{}, `{"action": "update", ` + why + `}`, "no action that recovery may ask for"},
		{engine.RecoveryFacts{}, `{"action": "replan", ` + why + `}`, engine.RecoveryAnswer{Action: engine.Replan}},
		{engine.RecoveryFacts{}, `{"action": 1, ` + why + `}`, "action"},
		{engine.RecoveryFacts{}, `{` + why + `}`, "no action"},
		{engine.RecoveryFacts{}, `{"action": "wait", "after": 10, ` + why + `}`, "after"},
		{engine.RecoveryFacts{}, `{"action": "wait", "after": "-1s", ` + why + `}`, "after"},
		{engine.RecoveryFacts{}, `{"action": "wait", "scope": "most", ` + why + `}`, "scope"},
		{engine.RecoveryFacts{}, `{"action": "wait", "priority": 1, ` + why + `}`, "belong to no answer"},
		{engine.RecoveryFacts{}, `{"action": "wait"}`, "no reasons"},
		{engine.RecoveryFacts{}, `{"action": "wait", "reasons": []}`, "no reasons"},
		{engine.RecoveryFacts{}, `{"action": "wait", "reasons": "next"}`, "not an array or a set"},
		{engine.RecoveryFacts{}, `{"action": "wait", "reasons": ["next"]}`, "no object"},
		{engine.RecoveryFacts{}, `{"action": "wait", "reasons": [{"code": "because", "args": {}}]}`, "no sentence"},
		{engine.RecoveryFacts{}, `{"action": "wait", "reasons": [{"code": "next", "args": {"action": {"a": 1}}}]}`, "argument"},
		{engine.RecoveryFacts{}, `{"action": "wait", "reasons": [{"code": "next", "arg": {}}]}`, "code and args alone"},
		{engine.RecoveryFacts{}, `"wait"`, "no object"},
		{engine.PlanFacts{}, `{"priority": 9, "critical": true, "actions": {"update", "create"}, ` + why + `}`, engine.PlanAnswer{Priority: 9, Critical: true, Actions: []engine.ActionKind{"create", "update"}}},
		{engine.PlanFacts{}, `{"priority": 0, "critical": false, "actions": [], ` + why + `}`, engine.PlanAnswer{Actions: []engine.ActionKind{}}},
		{engine.PlanFacts{}, `{"priority": 0, "critical": false, "issue": "crash", ` + why + `}`, engine.PlanAnswer{Issue: "crash"}},
		{engine.PlanFacts{}, `{"priority": 0, "critical": false, "issue": "crash", "actions": [], ` + why + `}`, "belong to no answer"},
		{engine.PlanFacts{}, `{"priority": 0, "critical": false, "issue": "sloth", ` + why + `}`, "issue"},
		{engine.PlanFacts{}, `{"priority": 0, "critical": false, ` + why + `}`, "no actions"},
		{engine.PlanFacts{}, `{"priority": 10, "critical": false, "actions": [], ` + why + `}`, "priority"},
		{engine.PlanFacts{}, `{"priority": 1.5, "critical": false, "actions": [], ` + why + `}`, "priority"},
		{engine.PlanFacts{}, `{"priority": 1, "critical": "no", "actions": [], ` + why + `}`, "critical"},
		{engine.PlanFacts{}, `{"priority": 1, "critical": false, "actions": ["fly"], ` + why + `}`, "actions"},
		{engine.PlanFacts{}, `{"priority": 1, "critical": false, "actions": ["isolate"], ` + why + `}`, "no action that a plan may ask for"},
		{engine.PlanFacts{}, `{"priority": 1, "critical": false, "actions": ["notify"], ` + why + `}`, "no action that a plan may ask for"},
		{engine.TransitionFacts{}, `{"allow": true, "to": "Running", ` + why + `}`, engine.TransitionAnswer{Allow: true, To: engine.Running}},
		{engine.TransitionFacts{}, `{"allow": false, ` + why + `}`, engine.TransitionAnswer{}},
		{engine.TransitionFacts{}, `{"allow": false, "to": "Running", ` + why + `}`, "belong to no answer"},
		{engine.TransitionFacts{}, `{"allow": true, "to": "none", ` + why + `}`, "to"},
		{engine.TransitionFacts{}, `{"allow": true, ` + why + `}`, "no to"},
		{engine.AllowedFacts{}, `{"actions": {"stop"}, ` + why + `}`, engine.AllowedAnswer{Actions: []engine.ActionKind{"stop"}}},
		{engine.PlacementFacts{}, `{"score": 100, ` + why + `}`, engine.PlacementAnswer{Score: 100}},
		{engine.PlacementFacts{}, `{"unfit": true, ` + why + `}`, engine.PlacementAnswer{Unfit: true}},
		{engine.PlacementFacts{}, `{"unfit": true, "score": 1, ` + why + `}`, "belong to no answer"},
		{engine.PlacementFacts{}, `{"score": 101, ` + why + `}`, "score"},
		{engine.PlacementFacts{}, `{` + why + `}`, "no score"},
		{engine.StabilityFacts{}, `{"issues": ["stuck", "flapping"], ` + why + `}`, engine.StabilityAnswer{Issues: []string{"flapping", "stuck"}}},
		{engine.StabilityFacts{}, `{"issues": {"stuck": true}, ` + why + `}`, "not an array or a set"},
		{engine.DispatchFacts{}, `{"verdict": "run", ` + why + `}`, engine.DispatchAnswer{Run: true}},
		{engine.DispatchFacts{}, `{"verdict": "defer", ` + why + `}`, engine.DispatchAnswer{}},
		{engine.DispatchFacts{}, `{"verdict": "yes", ` + why + `}`, "verdict"},
		{engine.StrategyFacts{}, `{"actions": ["restart", "isolate"], "backoff": ["0s", "10s"], "max_retry_count": 2, "backoff_delay": "10s", "escalation_threshold": 1, ` + why + `}`, engine.StrategyAnswer{Actions: []engine.ActionKind{"restart", "isolate"}, Backoff: []time.Duration{0, 10 * time.Second}, MaxRetryCount: 2, BackoffDelay: 10 * time.Second, EscalationThreshold: 1}},
		{engine.StrategyFacts{}, `{"actions": {"restart"}, "backoff": [], "max_retry_count": 2, "backoff_delay": "10s", "escalation_threshold": 1, ` + why + `}`, "not an array"},
		{engine.StrategyFacts{}, `{"actions": ["sing"], "backoff": [], "max_retry_count": 2, "backoff_delay": "10s", "escalation_threshold": 1, ` + why + `}`, "sing"},
		{engine.StrategyFacts{}, `{"actions": ["create"], "backoff": [], "max_retry_count": 2, "backoff_delay": "10s", "escalation_threshold": 1, ` + why + `}`, "no action that recovery may ask for"},
		{engine.StrategyFacts{}, `{"actions": [], "backoff": [10], "max_retry_count": 2, "backoff_delay": "10s", "escalation_threshold": 1, ` + why + `}`, "backoff is 10"},
	}
	for _, c := range cases {
		got, _, err := p.decode(entrypoints[number(c.facts)], ast.MustParseTerm(c.text).Value)
		if text, bad := c.want.(string); bad {
			if err == nil || !strings.Contains(err.Error(), text) {
				t.Errorf("%s: got %v, want an error of %s", c.text, err, text)
			}
		} else if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, %v", c.text, got, err)
		}
	}
}

// Section 2: a reason is a code with arguments, and its sentence is the pack's. Their order is always the same.
func TestReasons(t *testing.T) {
	p := quick(t, set("strategies.other", "[rollback, relocate, restart]"), replace("reasons/data.yaml", "next: \"", "next: \"Als Nächstes "))
	f := crash(p)
	f.Targets = "none"
	_, d := recovery(t, p, f)
	if got := codes(d); !slices.Equal(got, []string{"next", "no_other_version", "no_target"}) {
		t.Errorf("got %v", got)
	}
	if !slices.IsSortedFunc(d.Reasons, compareReasons) {
		t.Errorf("not sorted: %v", d.Reasons)
	}
	next := d.Reasons[0]
	if next.Text != p.Sentence(next) || !strings.HasPrefix(next.Text, "Als Nächstes restart ") {
		t.Errorf("got %q", next.Text)
	}
	if !slices.Equal(next.Args, []engine.Field{{Name: "action", Value: "restart"}, {Name: "failures", Value: "0"}}) {
		t.Errorf("got %v", next.Args)
	}
	// A reason that holds for several actions is told once.
	f.LastAction, f.LastResult = engine.Isolate, engine.Succeeded
	for _, k := range []engine.ActionKind{engine.Rollback, engine.Relocate, engine.Restart} {
		tried(p, &f, k, 1)
	}
	a, d := recovery(t, p, f)
	if i := slices.Index(codes(d), "is_isolated"); a.Action != engine.GiveUp || len(d.Reasons) != 4 || i < 0 || d.Reasons[i].Text != "it is isolated: no relocate, restart, rollback" {
		t.Errorf("%+v with %v", a, d.Reasons)
	}
}

// Section 5: a decision names the rules that made it: of an else chain the branch, of a set those that contributed.
func TestRulesOfADecision(t *testing.T) {
	f := pack(t, set("strategies.other", "[restart]"))
	p := policy(t, set("strategies.other", "[restart]"))
	facts := crash(p)
	facts.Dependencies = "some_down"
	_, d := recovery(t, p, facts)
	at := func(name, text string) engine.Place { return engine.Place{File: name, Line: lineOf(t, f, name, text)} }
	for text, want := range map[string]bool{`wait contains "dependency_down"`: true, `wait contains "all_silent"`: false, `skip.no_target contains`: false} {
		if got := slices.Contains(d.Rules, at("recovery/recovery.rego", text)); got != want {
			t.Errorf("%s: %v in %v", text, got, d.Rules)
		}
	}
	if !slices.Contains(d.Rules, at("recovery/decision.rego", `decision := {"action": "wait"`)) {
		t.Errorf("the branch is not in %v", d.Rules)
	}
	tried(p, &facts, engine.Restart, 1)
	facts.Dependencies = "all_well"
	_, d = recovery(t, p, facts)
	if !slices.Contains(d.Rules, at("recovery/decision.rego", `} else := {"action": "give_up"`)) || slices.Contains(d.Rules, at("recovery/decision.rego", `decision := {"action": "wait"`)) {
		t.Errorf("the branch is not in %v", d.Rules)
	}
	if helper := at("recovery/decision.rego", "failures := "); slices.Contains(d.Rules, helper) {
		t.Errorf("what it is computed from is in %v", d.Rules)
	}
	if !slices.IsSortedFunc(d.Rules, comparePlaces) {
		t.Errorf("not sorted: %v", d.Rules)
	}
}

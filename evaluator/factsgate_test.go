package evaluator

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestFactsGate holds that what a rule gets wrong about facts, words and tables is found with its place: all in one pack,
// because the gate lists all that it finds (policy contract, section 4, gate 3).
func TestFactsGate(t *testing.T) {
	mistakes := map[string]struct{ rule, hint string }{
		"fact":           {`wait contains "held" if input.isue == "crash"`, "did you mean issue?"},
		"part of a fact": {`wait contains "held" if input.last_good.versoin == "none"`, "did you mean version?"},
		"row as a fact":  {`wait contains "held" if input.tries.restrat > 1`, "did you mean restart?"},
		"below a fact":   {`wait contains "held" if input.issue.name == "crash"`, "single value"},
		"another's fact": {`wait contains "held" if input.held`, "no fact input.held"},
		"value":          {`wait contains "held" if input.phase == "Runing"`, "did you mean Running?"},
		"another value":  {`wait contains "held" if input.source != "driving"`, `input.source is never "driving"`},
		"value in a set": {`wait contains "held" if input.issue in {"crash", "Running"}`, `never "Running"`},
		"value of facts": {`wait contains "held" if "spent" in {input.source, input.targets}`, `never "spent"`},
		"value in a map": {`wait contains "held" if {"crash": true, "Failed": false}[input.issue]`, `never "Failed"`},
		"number":         {`wait contains "held" if input.tries.restart > 21`, "0..20"},
		"type":           {`wait contains "held" if input.widespread.node == "none"`, "never a string"},
		"order":          {`wait contains "held" if input.phase < "Running"`, "words have no order"},
		"word":           {`skip.no_target contains "restrat" if input.targets == "none"`, "did you mean restart?"},
		"reason":         {`wait contains "too_hot" if input.targets == "none"`, "no known word"},
		"reason as key":  {`skip.too_hot contains "restart" if input.targets == "none"`, "no known word"},
		"no table":       {`wait contains "held" if data.strategie.other`, "did you mean strategies?"},
		"row":            {`wait contains "held" if data.stability.flaping > 1`, "did you mean flapping?"},
		"word of args":   {`wait contains "held" if {"code": "next", "args": {"mood": "hapy"}}.code == "held"`, `"hapy" is no known word`},
		"row of rows":    {`wait contains "held" if data.actions[next].at_oncee`, "did you mean at_once?"},
		"profile":        {`wait contains "held" if data.profiles.vip.critical`, "has no vip"},
		"key of a table": {`wait contains "held" if data.strategies[input.phase]`, "never a name"},
		"key, by other":  {`wait contains "held" if data.profiles[input.issue].critical`, "input.issue is never a name in data.profiles"},
		"key, site":      {`wait contains "held" if object.get(data.strategies, input.site.vehicle, []) == []`, "input.site.vehicle is never a name in data.strategies"},
		"rule":           {`wait contains "held" if data.statemanager.recovery.nxt`, "did you mean next?"},
		"order of words": {`wait contains "held" if input.phase > input.last.action`, "words have no order"},
		"order of texts": {`wait contains "held" if data.backoff[0] < "10s"`, "strings have no order"},
		"order of data":  {`wait contains "held" if 3 > data.groups.label`, "strings have no order"},
		"object":         {`wait contains "held" if input.last_good == data.widespread`, "input.last_good is an object of facts and no value"},
		"object, named":  {`wait contains "held" if { x := input.last; x.acton == "restart" }`, "input.last is an object of facts"},
		"object, given":  {`wait contains "held" if count(input.tries) > 3`, "input.tries is an object of facts"},
		"facts by name":  {`wait contains "held" if { some x in {"issue"}; input[x] == "crash" }`, "input as a whole"},
		"looked up":      {`wait contains "held" if object.get(input.last, "issue", "none") == "restart"`, "no fact input.last.issue"},
		"looked up data": {`wait contains "held" if object.get(data.strategies, input.phase, data.backoff)`, "never a name"},
		"by a variable":  {`wait contains "held" if { x := input.issue; x == "restart" }`, `x is never "restart"`},
		"iterated":       {`wait contains "held" if { some action, n in input.tries; n > 21; action == "restart" }`, "n is never 21"},
		"iterated name":  {`wait contains "held" if { some age, young in input.recent; young; age == "restart" }`, `age is never "restart"`},
		"key, variable":  {`wait contains "held" if { x := input.source; data.strategies[x] }`, "x is never a name in data.strategies"},
		"with, as data":  {`wait contains "held" if count(open) > 0 with data.backoff as []`, "for tests"},
		"whole input":    {`wait contains "held" if count(input) > 3`, "as a whole"},
		"square":         {`wait contains "held" if { some i in numbers.range(1, 9); i * i > 1 }`, "one side of *"},
		"rule by rule":   {`wait contains "held" if count(open) * count(skipped) > 1`, "one side of *"},
		"long number":    {`wait contains "held" if input.tries.restart * 1e400 > 1`, "too large a number"},
		"other list":     {`wait contains "held" if input.phase == input.source`, "input.phase is never input.source"},
		"other list, in": {`wait contains "held" if input.cause in data.transitions.Running`, "input.cause is never data.transitions.Running[_]"},
		"word of a row":  {`wait contains "held" if data.actions[input.last.action].impact == "Running"`, `impact is never "Running": it is one of moves, none`},
		"word of a list": {`wait contains "held" if "Running" in data.profiles[input.profile].never`, `never[_] is never "Running"`},
		"rung":           {`wait contains "held" if { some a in data.strategies.other; a == "Running" }`, `a is never "Running"`},
		"column":         {`wait contains "held" if { x := data.ages.spec.since; x == "restart" }`, `x is never "restart"`},
		"with":           {`wait contains "held" if count(open) > 0 with input.issue as "hang"`, "for tests"},
	}
	f, files := pack(t), map[string]string{}
	for name, c := range mistakes {
		files[name] = fmt.Sprintf("recovery/own_%d.rego", len(files))
		f[files[name]] = []byte("package statemanager.recovery\n\n" + c.rule + "\n")
	}
	p, r := Check(t.Context(), f)
	if p != nil || r.OK() {
		t.Fatalf("passed: %v", r.Problems)
	}
	for name, c := range mistakes {
		of := slices.DeleteFunc(slices.Clone(r.Problems), func(x Problem) bool { return x.File != files[name] })
		if !slices.ContainsFunc(of, func(x Problem) bool {
			return x.Gate == GateFacts && x.Severity == SeverityError && x.Line == 3 && strings.Contains(x.Text, c.hint)
		}) {
			t.Errorf("%s: want line 3: ...%s, got %v", name, c.hint, of)
		}
	}
}

// A fact or a table that has no word but `other` may meet by that: a pack may have no profile of its own, or one strategy.
func TestOtherAlone(t *testing.T) {
	r := Report{}
	if p := load(pack(t, set("profiles", "{other: {priority: 5, critical: false, stable_after: 5m}}"), set("strategies", "{other: [restart]}")), &r); p == nil {
		t.Error(r.Err())
	}
}

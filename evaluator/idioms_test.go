package evaluator

import "testing"

// TestIdioms holds that the facts gate accepts Rego as people write it: what cannot be told is accepted.
func TestIdioms(t *testing.T) {
	f := pack(t,
		file("recovery/own.rego", `package statemanager.recovery

import data.site.lib
import data.strategies
import input.tries as attempts
import rego.v1

wait contains "held" if lib.busy

wait contains "held" if lib.most([n | some n in attempts], 3)

wait contains "held" if {
	kind := input.last.action
	kind != "none"
	some age, young in input.recent
	young
	age == "spec"
	every action, n in input.tries { n > 19; action != "notify" }
	true in input.recent
}

wait contains "held" if {
	some action in strategies.other
	input.tries[action] >= object.get(input.tries, action, 0) + 100
}

wait contains "held" if {
	every age, young in input.recent {
		not young
		age in object.keys(data.ages)
	}
	input["issue"] == "hang"
	input.unwell == "none"
}

wait contains "held" if {
	name := input.profile
	row := data.profiles[name]
	row.priority < 1
	"restart" in row.never
	input.issue != input.cause
	not input.site.vehicle in {"parked", "other"}
}

wait contains "held" if input.tries.restart + input.tries.recreate > 30

wait contains "held" if {
	{"code": "next", "args": {"temperature": 3}}.code == "held"
	input.unwell == "none"
}

wait contains "held" if tired

default tired := false

tired if limits.soft <= count([a | some a, n in input.tries; n > 1])

limits.soft := 12

limits.hard := 15

rank_of := {"crash": 1, "hang": 2}

wait contains "held" if object.get(rank_of, input.issue, 0) > limits.hard

wait contains "held" if {
	{"hang": true, "crash": false}[input.issue]
	input.last_good.version == "none"
	some word in {"crash", "hang"}
	word == input.issue
}

wait contains "held" if data.groups.label == "other"

wait contains "held" if time.parse_duration_ns(data.profiles[input.profile].stable_after) < time.parse_duration_ns("1s")

wait contains "held" if {
	[x, y] := ["crash", input.issue]
	x == y
	union({{"restart"}, {"notify"}}) == {action | some action in rungs}
	input.issue == data.site_rules.issue
}
`),
		file("lib/lib.rego", `package site.lib

most(tries, limit) if {
	max([n | some n in tries]) > limit + 100
} else := false

busy if input.load == "busy"
`),
		file("lib/lib_test.rego", "package site.lib_test\n\nimport data.site.lib\n\ntest_busy if lib.busy with input.load as \"busy\"\n\ntest_text if sprintf(\"%d\", [3]) == \"3\"\n"),
		file("site_rules/data.yaml", "issue: hang\n"))
	p, r := Check(t.Context(), f)
	if p == nil {
		t.Fatal(r.Err())
	}
	for _, x := range r.Problems {
		if x.String() != "site_rules/data.yaml:1: data.site_rules is declared by no package, so nothing checks its shape" {
			t.Errorf("got %s: %v", x.Severity, x)
		}
	}
}

// Gate 1 warns of what would be missed without a word.
func TestWarnings(t *testing.T) {
	f := pack(t, file("lib/lib.rego", "package statemanager.recovery\n\nwait contains \"held\" if input.unwell == \"none\"\n"),
		file("more.yaml", "a: 1"), file("recovery/own_test.rego", "package statemanager.own_test\n\ntodo_test_x if false\n"))
	p, r := Check(t.Context(), f)
	if p == nil || r.Err() != nil {
		t.Fatal(r.Err())
	}
	want := map[string]bool{
		"lib/lib.rego: no _test.rego stands beside these rules":        true,
		"more.yaml: is not read: data stands in files named data.yaml": true,
		"recovery/own_test.rego:3: todo_test_x is skipped":             true,
	}
	for _, x := range r.Problems {
		if !want[x.String()] || x.Severity != SeverityWarning {
			t.Errorf("%s: %v", x.Severity, x)
		}
		delete(want, x.String())
	}
	if len(want) > 0 || r.Skipped != 1 {
		t.Errorf("missing: %v; %d skipped", want, r.Skipped)
	}
}

// The gates end, whatever a pack does: tests and questions have a limit.
func TestSlowPackIsRefused(t *testing.T) {
	p, r := Check(t.Context(), pack(t, slow))
	if p != nil || len(r.Problems) != 1 || r.Problems[0].Gate != GateQuestions {
		t.Errorf("got %v", r.Problems)
	}
}

// The revision is the content: names and bytes, in any order.
func TestDigest(t *testing.T) {
	a, b := pack(t), pack(t)
	if a.Digest() != b.Digest() || len(a.Digest()) != 64 {
		t.Errorf("%s and %s", a.Digest(), b.Digest())
	}
	file("x", "y")(t, b)
	if a.Digest() == b.Digest() {
		t.Error("a file more changes nothing")
	}
	if (Files{"a": []byte("b1 c")}).Digest() == (Files{"a": []byte("b"), "c": nil}).Digest() {
		t.Error("two packs with one digest")
	}
}

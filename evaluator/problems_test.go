package evaluator

import (
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// TestProblemsAreToldOnce: what the parser says several times of a line is one problem, the clearest.
func TestProblemsAreToldOnce(t *testing.T) {
	for text, want := range map[string]string{
		"foo bar baz":                           "recovery/own.rego:3: var cannot be used for rule name",
		"x := [1,":                              "recovery/own.rego:4: unexpected eof token: expected rule value term (e.g., x := <VALUE> { ... })",
		"wait contains \"a\" if { 1 === 2 }\n}": "recovery/own.rego:3: unexpected eq token",
	} {
		_, r := Check(t.Context(), pack(t, own(text)))
		if len(r.Problems) == 0 || r.Problems[0].String() != want {
			t.Errorf("%q gives %v, want %s first", text, r.Problems, want)
		}
		for i, p := range r.Problems[min(1, len(r.Problems)):] {
			if p.Line == r.Problems[i].Line {
				t.Errorf("%q gives two problems of a line: %v", text, r.Problems)
			}
		}
	}
	_, r := Check(t.Context(), pack(t, file("reasons/data.yaml", "a: b\nc: [")))
	if len(r.Problems) != 1 || r.Problems[0].String() != "reasons/data.yaml:2: did not find expected node content" {
		t.Errorf("broken YAML gives %v", r.Problems)
	}
}

// TestMissingTable: a table that is missing is the one problem, not all that reads it; of one that a pack may do without, what
// reads it says so.
func TestMissingTable(t *testing.T) {
	for name, want := range map[string]string{
		"actions":    "table data.actions is missing: its shape is declared here, but no data.yaml has it",
		"issues":     "table data.issues is missing",
		"strategies": "table data.strategies is missing",
		"reasons":    "table data.reasons is missing",
		"causes":     `never "bad_config": it is one of other; the pack has no table data.causes`,
		"ages":       "no fact input.recent.phase in this package; the pack has no table data.ages",
	} {
		f := pack(t, drop(name))
		if name == "reasons" {
			delete(f, "reasons/data.yaml")
		}
		_, r := Check(t.Context(), f)
		if len(r.Problems) != 1 || r.Problems[0].Line == 0 || !strings.Contains(r.Problems[0].Text, want) {
			t.Errorf("without %s: %v", name, r.Problems)
		}
	}
	_, r := Check(t.Context(), pack(t, replace("data.yaml", "\nwidespread:", "\nwidespraed:")))
	if len(r.Problems) != 1 || !strings.HasPrefix(r.Problems[0].String(), "data.yaml:") || r.Problems[0].Text != "table data.widespread is missing: did you mean it by widespraed?" {
		t.Errorf("a mistyped table: %v", r.Problems)
	}
}

// TestSuggest: a suggestion is near, also of a short word.
func TestSuggest(t *testing.T) {
	from := []string{"all", "0s", "wait", "restart"}
	for got, want := range map[string]string{"url": "", "x": "", "al": "all", "wiat": "wait", "restrat": "restart", "rest": "", "wait": ""} {
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		if text := suggest(got, from); text != want {
			t.Errorf("%s gives %q, want %q", got, text, want)
		}
	}
}

// Section 4: OPA's own type checker finds arguments of builtins that cannot be, which the gates do not look at.
func TestCheckTypes(t *testing.T) {
	var r Report
	if CheckTypes(pack(t), &r); len(r.Problems) > 0 {
		t.Errorf("the default pack: %v", r.Problems)
	}
	rule := `skip.no_other_version contains "rollback" if time.parse_duration_ns(input.tries.restart) > 0`
	if CheckTypes(pack(t, own(rule)), &r); len(r.Problems) != 1 || r.Problems[0].Gate != GateTypes || r.Problems[0].String() != "recovery/own.rego:3: time.parse_duration_ns: invalid argument(s)" {
		t.Errorf("a number for a string: %v", r.Problems)
	}
}

// An error without a place has not that of the one before it.
func TestErrorWithoutPlace(t *testing.T) {
	g := &gate{}
	compileErrors(ast.Errors{{Message: "first", Location: ast.NewLocation(nil, "a.rego", 3, 1)}, {Message: "second"}}, place{file: "b.rego"}, g)
	if len(g.list) != 2 || g.list[0].String() != "a.rego:3: first" || g.list[1].String() != "b.rego: second" {
		t.Errorf("got %v", g.list)
	}
}

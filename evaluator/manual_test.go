package evaluator

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"statemanager/engine"
)

// manualBlock is an example of docs/policy.md that is a file of a layer: its first line names it.
var manualBlock = regexp.MustCompile("(?s)```(?:rego|yaml)\n# ([\\w/]+\\.(?:rego|yaml))\n(.*?)```")

// manual is the layer that the examples under a heading of docs/policy.md make, as they are printed.
func manual(t *testing.T, heading string) Layer {
	t.Helper()
	text, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), "\n### "+heading+"\n")
	body, _, _ := strings.Cut(rest, "\n##")
	l := Layer{Name: "site", Files: Files{}}
	for _, m := range manualBlock.FindAllStringSubmatch(body, -1) {
		l.Files[m[1]] = []byte(m[2])
	}
	if !found || len(l.Files) == 0 {
		t.Fatalf("docs/policy.md has no example under %q", heading)
	}
	return l
}

// printed lays the examples under a heading over the pack.
func printed(heading string) edit {
	return func(t *testing.T, f Files) {
		t.Helper()
		stack, err := Stack(f, manual(t, heading))
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(f, stack)
	}
}

// The layer that docs/policy.md shows does what is said of it, and its test runs.
func TestManualLayer(t *testing.T) {
	p, r := Check(t.Context(), pack(t, printed("A layer with all of it")))
	if p == nil || len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	if _, base := Check(t.Context(), pack(t)); r.Tests != base.Tests+1 {
		t.Errorf("%d tests, of the pack alone %d", r.Tests, base.Tests)
	}
	f := crash(p)
	if a, _ := recovery(t, p, f); a.Action != engine.Relocate || a.After != 0 {
		t.Errorf("the pack's strategy or back-off holds: %+v", a)
	}
	for i, s := range p.tables.Site {
		if s.Name == "weather" {
			f.Site[i] = "ice"
		}
	}
	if a, d := recovery(t, p, f); a.Action != engine.Restart || !strings.Contains(d.Reasons[0].Text+d.Reasons[len(d.Reasons)-1].Text, "roads are bad") {
		t.Errorf("on ice: %+v, %v", a, d.Reasons)
	}
	if _, there := p.tables.Budgets["cell"]; there || p.tables.Budgets["node"].Limit != 0 {
		t.Errorf("budgets %v", p.tables.Budgets)
	}
}

package evaluator

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v3"

	"statemanager/engine"
	"statemanager/policies"
)

// edit changes a copy of the default pack as an operator would.
type edit func(t *testing.T, f Files)

// pack is the default pack with edits.
func pack(t *testing.T, edits ...edit) Files {
	f := Files(policies.Files())
	for _, e := range edits {
		e(t, f)
	}
	return f
}

// checked keeps policies by revision and gates: they are immutable, and many tests want the same.
var checked sync.Map

// policy is a pack that passes the gates.
func policy(t *testing.T, edits ...edit) *Policy {
	t.Helper()
	return once(t, "all", pack(t, edits...), func(f Files) (*Policy, Report) { return Check(t.Context(), f) })
}

// quick is a policy without the gates of questions and tests, for packs that would not pass them.
func quick(t *testing.T, edits ...edit) *Policy {
	t.Helper()
	return once(t, "first", pack(t, edits...), func(f Files) (*Policy, Report) {
		r := Report{Revision: f.Digest()}
		return load(f, &r), r
	})
}

func once(t *testing.T, gates string, f Files, check func(Files) (*Policy, Report)) *Policy {
	t.Helper()
	key := gates + f.Digest()
	if p, ok := checked.Load(key); ok {
		return p.(*Policy)
	}
	p, r := check(f)
	if p == nil {
		t.Fatalf("pack: %v", r.Err())
	}
	checked.Store(key, p)
	return p
}

// file adds a file, or replaces it.
func file(name, text string) edit {
	return func(_ *testing.T, f Files) { f[name] = []byte(text) }
}

// sentence adds a reason to the table.
func sentence(code, text string) edit {
	return func(_ *testing.T, f Files) {
		f["reasons/data.yaml"] = append(slices.Clone(f["reasons/data.yaml"]), (code + ": " + strconv.Quote(text) + "\n")...)
	}
}

// set puts a YAML value at a path such as strategies.other of data.yaml; drop removes it.
func set(path, text string) edit {
	return change(func(t *testing.T, table map[string]any, key string) {
		var v any
		if err := yaml.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		table[key] = v
	}, path)
}

func drop(path string) edit {
	return change(func(_ *testing.T, table map[string]any, key string) { delete(table, key) }, path)
}

func change(do func(*testing.T, map[string]any, string), path string) edit {
	return func(t *testing.T, f Files) {
		t.Helper()
		var all map[string]any
		if err := yaml.Unmarshal(f["data.yaml"], &all); err != nil {
			t.Fatal(err)
		}
		table, names := all, strings.Split(path, ".")
		for _, n := range names[:len(names)-1] {
			table = table[n].(map[string]any)
		}
		do(t, table, names[len(names)-1])
		text, err := yaml.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		f["data.yaml"] = text
	}
}

// replace changes a piece of text that must be there.
func replace(name, old, now string) edit {
	return func(t *testing.T, f Files) {
		t.Helper()
		if !strings.Contains(string(f[name]), old) {
			t.Fatalf("%s has no %q", name, old)
		}
		f[name] = []byte(strings.Replace(string(f[name]), old, now, 1))
	}
}

// lineOf is the line of a text in a file of a pack.
func lineOf(t *testing.T, f Files, name, text string) int {
	t.Helper()
	before, _, ok := strings.Cut(string(f[name]), text)
	if !ok {
		t.Fatalf("%s has no %q", name, text)
	}
	return strings.Count(before, "\n") + 1
}

// common are the facts of every question in a quiet situation.
func common(p *Policy) engine.Common {
	c := engine.Common{Profile: other, NodeClass: other, Phase: engine.Degraded}
	for i := range p.tables.Site {
		c.Site[i] = other
	}
	return c
}

// crash is a service that has crashed for the first time.
func crash(p *Policy) engine.RecoveryFacts {
	return engine.RecoveryFacts{
		Common: common(p), Issue: "crash", Cause: other, Unwell: "all", LastAction: "none", LastResult: "none",
		GoodVersion: "same", GoodConfig: "same", Targets: "some", Source: "reachable", Dependencies: "all_well",
	}
}

// tried sets how often an action was tried.
func tried(p *Policy, f *engine.RecoveryFacts, k engine.ActionKind, n uint8) {
	f.Tries[slices.IndexFunc(p.tables.Actions, func(a engine.ActionRow) bool { return a.Name == k })] = n
}

// decide asks a fresh evaluator; the answer must be policy's own.
func decide(t *testing.T, p *Policy, facts any) engine.Decision {
	t.Helper()
	e := New()
	e.Add(p)
	d := e.Decide(engine.Question{Revision: p.Revision(), Facts: facts})
	if d.FailSafe != "" {
		t.Fatalf("fail-safe: %s", d.FailSafe)
	}
	return d
}

func recovery(t *testing.T, p *Policy, f engine.RecoveryFacts) (engine.RecoveryAnswer, engine.Decision) {
	t.Helper()
	d := decide(t, p, f)
	return d.Answer.(engine.RecoveryAnswer), d
}

func codes(d engine.Decision) []string {
	set := map[string]bool{}
	for _, r := range d.Reasons {
		set[r.Code] = true
	}
	return slices.Sorted(maps.Keys(set))
}

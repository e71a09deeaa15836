package policies_test

import (
	"bytes"
	"context"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"
	"go.yaml.in/yaml/v3"

	"statemanager/policies"
)

// pack is the parsed default pack.
type pack struct {
	modules map[string]*ast.Module // tests included
	rules   map[string]*ast.Module // without them
	data    map[string]any
}

func load(t *testing.T) *pack {
	t.Helper()
	return parse(t, policies.Files())
}

func parse(t *testing.T, files map[string][]byte) *pack {
	t.Helper()
	p := &pack{modules: map[string]*ast.Module{}, rules: map[string]*ast.Module{}, data: map[string]any{}}
	for name, text := range files {
		if path.Ext(name) == ".rego" {
			p.add(t, name, string(text))
			continue
		}
		table := map[string]any{}
		if err := yaml.Unmarshal(text, &table); err != nil {
			t.Fatalf("parse %s: %v", name, err)
		}
		if dir := path.Dir(name); dir != "." {
			table = map[string]any{dir: table}
		}
		maps.Copy(p.data, table)
	}
	return p
}

func (p *pack) add(t *testing.T, name, text string) {
	t.Helper()
	m, err := ast.ParseModuleWithOpts(name, text, ast.ParserOptions{ProcessAnnotation: true})
	if err != nil {
		t.Fatalf("parse %s: %v", name, err)
	}
	p.modules[name] = m
	if !strings.HasSuffix(name, "_test.rego") {
		p.rules[name] = m
	}
}

func (p *pack) store() storage.Store { return inmem.NewFromObject(p.data) }

// table is the keys of a table of data.
func (p *pack) table(name string) []string {
	rows, _ := p.data[name].(map[string]any)
	return slices.Sorted(maps.Keys(rows))
}

func TestFilesAreEmbedded(t *testing.T) {
	files := policies.Files()
	for _, dir := range []string{"planning", "transition", "recovery", "placement", "stability", "dispatch"} {
		for _, name := range []string{"facts.rego", dir + ".rego", dir + "_test.rego"} {
			if len(files[dir+"/"+name]) == 0 {
				t.Errorf("%s/%s is not embedded", dir, name)
			}
		}
	}
	for _, name := range []string{"facts.rego", "data.yaml", "reasons/data.yaml"} {
		if len(files[name]) == 0 {
			t.Errorf("%s is not embedded", name)
		}
	}
}

func TestFilesAreFormatted(t *testing.T) {
	for name, text := range policies.Files() {
		if path.Ext(name) != ".rego" {
			continue
		}
		want, err := format.Source(name, text)
		if err != nil || !bytes.Equal(text, want) {
			t.Errorf("%s: run opa fmt -w (%v)", name, err)
		}
	}
}

// The pack's own tests pass, and reach all of its rules.
func TestOwnTests(t *testing.T) {
	p, c := load(t), cover.New()
	p.test(t, c)
	report := c.Report(p.rules)
	for name, f := range report.Files {
		for _, lines := range f.NotCovered {
			t.Errorf("%s:%d is not covered", name, lines.Start.Row)
		}
	}
	t.Logf("the tests cover %.1f%% of the rules", report.Coverage)
	if report.Coverage < 100 {
		t.Errorf("the tests cover %.1f%% of the rules, want all", report.Coverage)
	}
}

// test runs the tests of the pack, as `opa test` does.
func (p *pack) test(t *testing.T, c *cover.Cover) {
	t.Helper()
	store, ctx := p.store(), context.Background()
	txn := storage.NewTransactionOrDie(ctx, store)
	defer store.Abort(ctx, txn)
	results, err := tester.NewRunner().SetStore(store).SetModules(p.modules).RaiseBuiltinErrors(true).
		SetCoverageQueryTracer(c).RunTests(ctx, txn)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for r := range results {
		n++
		if !r.Pass() {
			t.Errorf("%s: %s does not pass (%v)", r.Location, r.Name, r.Error)
		}
	}
	if n == 0 {
		t.Error("the pack has no tests")
	}
}

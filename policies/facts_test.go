package policies_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"statemanager/engine"
)

// questions are the facts of each entrypoint.
var questions = []any{
	engine.PlanFacts{}, engine.TransitionFacts{}, engine.AllowedFacts{}, engine.RecoveryFacts{}, engine.PlacementFacts{},
	engine.StabilityFacts{}, engine.DispatchFacts{}, engine.StrategyFacts{},
}

// fact is a fact's domain, from the tags of the engine or from the schemas of the pack.
type fact struct {
	Name   string
	Values string // in order of the declaration
	Max    string
	Keys   string
	Bool   bool
	Rows   bool // one value for each key of the table
}

// tagged are the facts of a question as the engine tags them.
func tagged(x any) (out []fact) {
	var walk func(prefix string, t reflect.Type)
	walk = func(prefix string, t reflect.Type) {
		for f := range t.Fields() {
			name := prefix + f.Tag.Get("fact")
			switch {
			case f.Anonymous:
				walk(prefix, f.Type)
			case f.Type.Kind() == reflect.Struct:
				walk(name+".", f.Type)
			default:
				leaf, rows := f.Type, f.Type.Kind() == reflect.Array
				if rows {
					leaf = f.Type.Elem()
				}
				out = append(out, fact{name, f.Tag.Get("values"), f.Tag.Get("max"), f.Tag.Get("keys"), leaf.Kind() == reflect.Bool, rows})
			}
		}
	}
	walk("", reflect.TypeOf(x))
	return out
}

// declared are the facts that a package of the pack declares, the common ones included.
func declared(t *testing.T, p *pack, pkg string) map[string]fact {
	t.Helper()
	out := map[string]fact{}
	for _, file := range []string{"facts.rego", pkg + "/facts.rego"} {
		m := p.modules[file]
		if m == nil {
			t.Fatalf("the pack has no %s", file)
		}
		for _, a := range m.Annotations {
			for _, s := range a.Schemas {
				if strings.HasPrefix(s.Path.String(), "input") {
					flatten(out, strings.TrimPrefix(strings.TrimPrefix(s.Path.String(), "input"), "."), *s.Definition)
				}
			}
		}
	}
	return out
}

func flatten(out map[string]fact, name string, schema any) {
	s := schema.(map[string]any)
	keys, _ := s["x-keys"].(string)
	keys = strings.TrimPrefix(keys, "data.")
	props, _ := s["properties"].(map[string]any)
	switch {
	case s["type"] == "object" && keys != "":
		f := leaf(name, s["items"].(map[string]any))
		f.Keys, f.Rows = keys, true
		out[name] = f
	case s["type"] == "object":
		for k, sub := range props {
			flatten(out, strings.TrimPrefix(name+"."+k, "."), sub)
		}
	default:
		f := leaf(name, s)
		f.Keys = keys
		out[name] = f
	}
}

func leaf(name string, s map[string]any) fact {
	f := fact{Name: name, Bool: s["type"] == "boolean"}
	if enum, ok := s["enum"].([]any); ok {
		words := make([]string, len(enum))
		for i, v := range enum {
			words[i] = fmt.Sprint(v)
		}
		f.Values = strings.Join(words, ",")
	}
	if m, ok := s["maximum"]; ok {
		f.Max = fmt.Sprint(m)
	}
	return f
}

// Every fact that the engine tells is declared by the pack with the same domain, and no other.
func TestFactsAreTheEngines(t *testing.T) {
	p := load(t)
	for _, q := range questions {
		pkg, rule, _ := strings.Cut(engine.Entrypoint(q), ".")
		if rule == "allowed_actions" || rule == "strategy" {
			continue // reads few facts; the rule itself declares them
		}
		got := declared(t, p, pkg)
		maps.DeleteFunc(got, func(name string, _ fact) bool { return strings.HasPrefix(name, "site.") }) // the pack's own
		for _, want := range tagged(q) {
			if want.Name != "site" && got[want.Name] != want {
				t.Errorf("%s: the pack declares %+v, the engine tells %+v", pkg, got[want.Name], want)
			}
			delete(got, want.Name)
		}
		if len(got) > 0 {
			t.Errorf("%s: the engine tells no such fact: %v", pkg, slices.Sorted(maps.Keys(got)))
		}
	}
}

// What is written out for stock OPA's sake, beside x-keys, names rows that the table has.
func TestTriesNameActions(t *testing.T) {
	p := load(t)
	props := map[string]any{}
	for _, a := range p.modules["recovery/facts.rego"].Annotations {
		for _, s := range a.Schemas {
			if s.Path.Equal(ast.MustParseRef("input.tries")) {
				props = (*s.Definition).(map[string]any)["properties"].(map[string]any)
			}
		}
	}
	if len(props) == 0 {
		t.Error("input.tries names no action")
	}
	for name := range props {
		if !slices.Contains(p.table("actions"), name) {
			t.Errorf("input.tries.%s is no row of data.actions", name)
		}
	}
}

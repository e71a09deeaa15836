package evaluator

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// TestBuiltins goes through all functions that OPA has: a pack may call those that are listed, each of which OPA has, and no
// other, so that what a new version of OPA brings is refused until it is listed here.
func TestBuiltins(t *testing.T) {
	rules := names(capabilities(false).Builtins)
	if want := slices.Sorted(slices.Values(allowed)); !slices.Equal(rules, want) {
		t.Errorf("rules may call %v, listed are %v", rules, want)
	}
	tests := names(capabilities(true).Builtins)
	if want := slices.Sorted(slices.Values(slices.Concat(allowed, allowedInTests))); !slices.Equal(tests, want) {
		t.Errorf("tests may call %v, listed are %v", tests, want)
	}
	for _, b := range ast.Builtins {
		for may, list := range map[bool][]string{false: rules, true: tests} {
			if slices.Contains(list, b.Name) && b.Nondeterministic {
				t.Errorf("%s is allowed, but does not always answer the same", b.Name)
			} else if !slices.Contains(list, b.Name) {
				refused(t, b, capabilities(may))
			}
		}
	}
	if n := len(ast.Builtins); n < 200 {
		t.Errorf("OPA has %d builtins only", n)
	}
}

// refused holds that a call of a builtin does not compile, and is told as such.
func refused(t *testing.T, b *ast.Builtin, c *ast.Capabilities) {
	t.Helper()
	args := strings.TrimSuffix(strings.Repeat("null, ", b.Decl.Arity()), ", ")
	m, err := ast.ParseModule("own.rego", fmt.Sprintf("package own\n\nx := y if y := %s(%s)\n", b.Name, args))
	if err != nil {
		t.Errorf("%s: %v", b.Name, err)
		return
	}
	comp, g := ast.NewCompiler().WithCapabilities(c), &gate{}
	comp.Compile(map[string]*ast.Module{"own.rego": m})
	compileErrors(comp.Errors, place{}, g)
	if !slices.ContainsFunc(g.list, func(p Problem) bool { return strings.Contains(p.Text, "a pack may not use "+b.Name+":") }) {
		t.Errorf("%s is not listed, and its call gives %v", b.Name, g.list)
	}
}

func names(list []*ast.Builtin) (out []string) {
	for _, b := range list {
		out = append(out, b.Name)
	}
	return slices.Sorted(slices.Values(out))
}

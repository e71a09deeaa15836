package evaluator

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// allowed are the builtins that a pack may use: pure, bounded by their input or by the evaluator's limit. Nothing reads
// the network, the clock, the environment, or chance; strings are words, so there is nothing that builds one. A call of a
// builtin is not interrupted, so there is no product either: it takes seconds over a range, and the rules' check bounds mul.
var allowed = []string{
	"eq", "assign", "equal", "neq", "lt", "lte", "gt", "gte", "internal.member_2", "internal.member_3",
	"plus", "minus", "mul", "div", "rem", "abs", "round", "ceil", "floor", "numbers.range",
	"count", "sum", "max", "min", "sort", "and", "or", "intersection", "union",
	"array.concat", "array.reverse", "array.slice", "array.flatten",
	"object.get", "object.keys", "object.union", "object.union_n", "object.remove", "object.filter", "object.subset",
	"startswith", "endswith", "contains", "time.parse_duration_ns", "graph.reachable", "walk",
	"is_array", "is_boolean", "is_null", "is_number", "is_object", "is_set", "is_string", "type_name", "to_number",
}

// allowedInTests are what tests may use besides.
var allowedInTests = []string{"print", "internal.print", "internal.test_case", "sprintf", "concat", "json.patch"}

// capabilities are OPA's own with none but the allowed builtins.
func capabilities(tests bool) *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return !slices.Contains(allowed, b.Name) && !(tests && slices.Contains(allowedInTests, b.Name))
	})
	c.AllowNet = []string{}
	return c
}

// builtinHint says why a function that OPA has is undefined here.
func builtinHint(message string) string {
	name, ok := strings.CutPrefix(message, "undefined function ")
	if b := ast.BuiltinMap[name]; ok && b != nil {
		return "a pack may not use " + name + ": its rules see facts and data alone, and use no network, clock, environment, chance or text"
	}
	return message
}

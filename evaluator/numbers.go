package evaluator

import (
	"strconv"

	"github.com/open-policy-agent/opa/v1/ast"
)

// maxDigits is how long a number may be written. Numbers of Rego have any length, and one operation on very long ones
// is not interrupted: an evaluation would outlast its limit.
const maxDigits = 18

// small says whether a number that is written out is one to work with.
func small(n ast.Number) bool {
	_, err := strconv.ParseFloat(string(n), 64)
	return err == nil && len(n) <= maxDigits
}

// bounded says whether a term is a number that no rule has worked out: a constant, a fact, or a value of a table.
func (c *ruleCheck) bounded(t *ast.Term) bool {
	switch v := t.Value.(type) {
	case ast.Number:
		return true
	case ast.Ref:
		if v[0].Value == ast.Var("input") {
			return true
		}
		names := refNames(v)
		return v[0].Value == ast.Var("data") && len(names) > 1 && !c.isPackage(names[1:2])
	}
	return false
}

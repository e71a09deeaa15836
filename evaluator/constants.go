package evaluator

import (
	"encoding/json"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
)

// constant is a value that a term always or sometimes has, and where in the data it stands.
type constant struct {
	term *ast.Term
	at   place
}

// from says where it stands, if not in the rule.
func (v constant) from() string {
	if v.at.file == "" {
		return ""
	}
	return fmt.Sprintf(" (%s:%d)", v.at.file, v.at.line)
}

// constantsOf are a constant, the one value that a reference to data has, or the numbers that it can have.
func (c *ruleCheck) constantsOf(t *ast.Term) (out []constant) {
	ref, ok := t.Value.(ast.Ref)
	if !ok {
		return []constant{{term: t}}
	}
	if ref[0].Value != ast.Var("data") || len(ref) < 2 {
		return nil
	}
	values, one := []*value{c.d.data}, true
	for _, t := range ref[1:] {
		if s, named := t.Value.(ast.String); named {
			values = namedValue(values, string(s), new([]string))
		} else {
			values, one = eachValue(values), false
		}
	}
	for _, v := range values {
		_, number := v.scalar.(json.Number)
		if x, err := ast.InterfaceToValue(v.scalar); err == nil && v.scalar != nil && (one || number) {
			out = append(out, constant{ast.NewTerm(x), v.place})
		}
	}
	return out
}

package evaluator

import "github.com/open-policy-agent/opa/v1/ast"

// locals tells which facts the variables of a rule stand for: those that are assigned one, and those that iterate an
// object of facts or a list of data. A variable that has two meanings in one rule has none here: what cannot be told is accepted.
func (c *ruleCheck) locals(r *ast.Rule) map[ast.Var]*fact {
	out := map[ast.Var]*fact{}
	put := func(t *ast.Term, f *fact) {
		v, ok := t.Value.(ast.Var)
		if !ok {
			return
		}
		if _, twice := out[v]; twice {
			f = nil
		}
		out[v] = f
	}
	ast.WalkExprs(r, func(e *ast.Expr) bool {
		switch terms := e.Terms.(type) {
		case []*ast.Term:
			if terms[0].Value.String() == "assign" && len(terms) == 3 {
				put(terms[1], c.factOf(terms[2]))
			}
		case *ast.SomeDecl:
			for _, t := range terms.Symbols {
				c.some(t, put)
			}
		case *ast.Every:
			c.iterates(terms.Key, terms.Value, terms.Domain, put)
		}
		return false
	})
	return out
}

// some is `some x`, `some x in domain` or `some key, value in domain`.
func (c *ruleCheck) some(t *ast.Term, put func(*ast.Term, *fact)) {
	switch call, _ := t.Value.(ast.Call); len(call) {
	case 3:
		c.iterates(nil, call[1], call[2], put)
	case 4:
		c.iterates(call[1], call[2], call[3], put)
	}
}

// iterates is `some key, value in domain`.
func (c *ruleCheck) iterates(key, value, domain *ast.Term, put func(*ast.Term, *fact)) {
	object := c.objectOf(domain)
	if object == nil {
		object = &fact{}
		if m := each(domain); m != nil {
			object.each = c.factOf(m)
		}
	}
	if key != nil {
		var names *fact
		if object.isObject() {
			names = &fact{kind: word, words: fieldNames(object)}
		}
		put(key, names)
	}
	put(value, object.each)
}

// objectOf is the object of facts that a term names; nil if it names none.
func (c *ruleCheck) objectOf(t *ast.Term) *fact {
	if ref, ok := t.Value.(ast.Ref); ok && len(ref) > 1 && ref[0].Value == ast.Var("input") {
		if f := c.step(ref); f != nil && f.isObject() {
			return f
		}
	}
	return nil
}

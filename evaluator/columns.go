package evaluator

import (
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// column is what a reference to data can be, if its shape is a closed list of words; nil if it is not.
func (c *ruleCheck) column(ref ast.Ref) *fact {
	shapes := []*schema{c.d.shapes}
	for i, t := range ref[1:] {
		next := eachShape(shapes)
		if s, named := t.Value.(ast.String); named {
			if n := c.namedShape(shapes, string(s), new([]string)); len(n) > 0 || i == 0 {
				next = n
			}
		}
		shapes = next
	}
	f := &fact{kind: word}
	for _, s := range shapes {
		words := s.words()
		if s.XKeys != "" {
			words = append(words, c.d.named(s)...)
		}
		if s.Type != "string" || len(words) == 0 {
			return nil
		}
		f.words = append(f.words, words...)
	}
	if len(shapes) == 0 {
		return nil
	}
	slices.Sort(f.words)
	f.words = slices.Compact(f.words)
	return f
}

// each is any member of a list or a table of data; nil of anything else.
func each(t *ast.Term) *ast.Term {
	ref, ok := t.Value.(ast.Ref)
	if !ok || ref[0].Value != ast.Var("data") {
		return nil
	}
	m := ast.NewTerm(ref.Append(ast.VarTerm("_")))
	m.Location = t.Location
	return m
}

// disjoint finds words of two closed lists that have none in common.
func (c *ruleCheck) disjoint(left, right *ast.Term) {
	a, b := c.factOf(left), c.factOf(right)
	if a == nil || b == nil || a.kind != word || b.kind != word {
		return
	}
	if !slices.ContainsFunc(a.words, func(w string) bool { return slices.Contains(b.words, w) }) {
		c.fail(left.Location, "%s is never %s: one is %s; the other %s", left, right, list(a.words), list(b.words))
	}
}

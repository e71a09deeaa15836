package evaluator

import (
	"cmp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"statemanager/engine"
)

// Sentence is a reason in the words of the pack's table, with its arguments filled in; the code itself if the table has
// no sentence for it. Placeholders without an argument stay as they are.
func (p *Policy) Sentence(r engine.Reason) string {
	text, ok := p.sentences[r.Code]
	if !ok {
		return r.Code
	}
	return fill(text, r.Args)
}

// fill puts arguments in the place of their names. A strings.Replacer made for each answer would cost more than its
// question.
func fill(text string, args []engine.Field) string {
	var out strings.Builder
	for {
		before, rest, open := strings.Cut(text, "{")
		out.WriteString(before)
		if !open {
			return out.String()
		}
		name, after, closed := strings.Cut(rest, "}")
		if i := slices.IndexFunc(args, func(a engine.Field) bool { return closed && a.Name == name }); i >= 0 {
			out.WriteString(args[i].Value)
			text = after
		} else {
			out.WriteByte('{')
			text = rest
		}
	}
}

// reasons reads the reasons of an answer, sorted by code and arguments.
func (a *answer) reasons() (out []engine.Reason) {
	members(a.get("reasons"), func(t *ast.Term) { out = append(out, a.reason(t.Value)) },
		func(v ast.Value) { a.fail("reasons is %v, not an array or a set", v) })
	if len(out) == 0 {
		a.fail("the answer has no reasons")
	}
	slices.SortFunc(out, compareReasons)
	return slices.CompactFunc(out, func(x, y engine.Reason) bool { return compareReasons(x, y) == 0 })
}

func compareReasons(x, y engine.Reason) int {
	return cmp.Or(cmp.Compare(x.Code, y.Code), slices.CompareFunc(x.Args, y.Args, func(f, g engine.Field) int {
		return cmp.Or(cmp.Compare(f.Name, g.Name), cmp.Compare(f.Value, g.Value))
	}))
}

func (a *answer) reason(v ast.Value) (r engine.Reason) {
	obj, ok := v.(ast.Object)
	if !ok {
		a.fail("reason %v is no object with code and args", v)
		return r
	}
	obj.Foreach(func(k, v *ast.Term) {
		switch k.Value {
		case ast.String("code"):
			s, _ := v.Value.(ast.String)
			r.Code = string(s)
		case ast.String("args"):
			r.Args = a.args(v.Value)
		default:
			a.fail("reason %v has a field %v: it has code and args alone", obj, k)
		}
	})
	if _, ok := a.policy.sentences[r.Code]; !ok {
		a.fail("reason %v has no sentence in reasons/data.yaml", obj)
	}
	r.Text = a.policy.Sentence(r)
	return r
}

func (a *answer) args(v ast.Value) (out []engine.Field) {
	obj, ok := v.(ast.Object)
	if !ok {
		a.fail("args is %v, not an object", v)
		return nil
	}
	obj.Foreach(func(k, v *ast.Term) {
		name, ok := k.Value.(ast.String)
		if !ok {
			a.fail("args has the name %v, which is no string", k)
		}
		out = append(out, engine.Field{Name: string(name), Value: a.text(v.Value)})
	})
	slices.SortFunc(out, func(f, g engine.Field) int { return cmp.Compare(f.Name, g.Name) })
	return out
}

// text is an argument for a sentence: a string, a number, a boolean, or an array or a set of them.
func (a *answer) text(v ast.Value) string {
	switch v := v.(type) {
	case ast.String:
		return string(v)
	case ast.Number, ast.Boolean:
		return v.String()
	case *ast.Array, ast.Set:
		var words []string
		members(v, func(t *ast.Term) { words = append(words, a.text(t.Value)) }, nil)
		return strings.Join(words, ", ")
	}
	a.fail("the argument %v of a reason is no string, number or boolean, and no array or set of them", v)
	return ""
}

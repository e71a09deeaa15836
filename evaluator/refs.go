package evaluator

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// factOf is the one fact that a term names, or the words of a table that it can be; nil if that cannot be told.
func (c *ruleCheck) factOf(t *ast.Term) *fact {
	if v, ok := t.Value.(ast.Var); ok {
		return c.vars[v]
	}
	ref, ok := t.Value.(ast.Ref)
	if ok && len(ref) > 1 && ref[0].Value == ast.Var("data") {
		return c.column(ref)
	}
	if !ok || len(ref) < 2 || ref[0].Value != ast.Var("input") {
		return nil
	}
	f := c.step(ref)
	if f == nil || f.isObject() {
		return nil
	}
	return f
}

// step follows a reference to the fact, or to the object of facts, that it names.
func (c *ruleCheck) step(ref ast.Ref) *fact {
	f := c.facts
	for _, t := range ref[1:] {
		if f == nil || !f.isObject() {
			return nil
		}
		if s, ok := t.Value.(ast.String); ok && f.fields[string(s)] != nil {
			f = f.fields[string(s)]
		} else {
			f = f.each
		}
	}
	return f
}

// ref looks at a reference: to facts, to data, to rules, or into a value that a rule has made.
func (c *ruleCheck) ref(term *ast.Term, ref ast.Ref) {
	l := term.Location
	c.steps(ref)
	switch head := ref[0].Value.(type) {
	case ast.Var:
		switch head {
		case "input":
			c.input(ref, l, c.iterated[term])
		case "data":
			c.data(ref, l)
		default:
			c.segments(ref[1:])
		}
	case ast.Object:
		c.lookup(head, ref)
		c.walk(ref[0])
		c.segments(ref[1:])
	default:
		c.walk(ref[0])
		c.segments(ref[1:])
	}
}

// steps looks at what stands in brackets and is no constant.
func (c *ruleCheck) steps(ref ast.Ref) {
	for _, t := range ref[1:] {
		if _, ok := t.Value.(ast.String); !ok {
			c.walk(t)
		}
	}
}

// lookup holds the keys of a table that is written out against the fact that picks one.
func (c *ruleCheck) lookup(table ast.Object, ref ast.Ref) {
	if len(ref) < 2 {
		return
	}
	if f := c.factOf(ref[1]); f != nil {
		table.Foreach(func(k, _ *ast.Term) { c.domain(f, ref[1], k, constant{term: k}) })
	}
}

// input holds that a package declares the fact. An object of facts may be iterated, but it is no value: what has become
// one could not be held against the facts any more.
func (c *ruleCheck) input(ref ast.Ref, l *ast.Location, iterated bool) {
	if _, named := ref[min(1, len(ref)-1)].Value.(ast.String); !named {
		c.fail(l, "input as a whole is for tests: name the facts that the rule is about")
		return
	}
	roots := []*fact{c.facts}
	if c.facts == nil {
		roots = c.any
	}
	var worst func()
	for _, root := range roots {
		end, bad := c.follow(root, ref, l)
		if bad == nil {
			if end != nil && end.isObject() && !iterated {
				c.fail(l, "%s is an object of facts and no value: name one, such as %s.%s, or iterate it: some name, fact in %s", ref, ref, append(fieldNames(end), "x")[0], ref)
			}
			return
		}
		worst = bad
	}
	worst()
}

// follow is the fact that is there, nil if that cannot be told, or what reports what is wrong.
func (c *ruleCheck) follow(f *fact, ref ast.Ref, l *ast.Location) (end *fact, bad func()) {
	for i, t := range ref[1:] {
		if f == nil {
			return nil, nil
		}
		if !f.isObject() {
			return nil, func() { c.fail(l, "%s is a single value and has no %v", ref[:i+1], t) }
		}
		s, ok := t.Value.(ast.String)
		if !ok {
			f = f.each
			continue
		}
		next := f.fields[string(s)]
		if next == nil {
			names := fieldNames(f)
			return nil, func() {
				c.fail(l, "there is no fact %s in this package%s%s", ref[:i+2], suggest(string(s), names), f.lacks)
			}
		}
		f = next
	}
	return f, nil
}

func fieldNames(f *fact) (out []string) {
	for n := range f.fields {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// data holds that a rule or a table is there.
func (c *ruleCheck) data(ref ast.Ref, l *ast.Location) {
	if len(ref) == 1 {
		c.fail(l, "data as a whole is for tests: name the table that the rule reads")
		return
	}
	names := refNames(ref)
	if len(names) > 1 && c.isPackage(names[1:2]) {
		c.ruleRef(ref, names[1:], l)
		return
	}
	c.table(ref, l)
}

// ruleRef holds that a package has a rule of that name.
func (c *ruleCheck) ruleRef(ref ast.Ref, names []string, l *ast.Location) {
	for n := len(names) - 1; n > 0; n-- {
		rules := c.pkgs[strings.Join(names[:n], ".")]
		if rules == nil {
			continue
		}
		if !rules[names[n]] && !c.isPackage(names[:n+1]) {
			var known []string
			for r := range rules {
				known = append(known, r)
			}
			c.fail(l, "package %s has no rule %s%s", strings.Join(names[:n], "."), names[n], suggest(names[n], known))
			return
		}
		c.segments(ref[min(n+2, len(ref)):])
		return
	}
	if len(names) == len(ref)-1 && !c.isPackage(names) {
		c.fail(l, "there is no package %s", strings.Join(names, "."))
	}
}

func (c *ruleCheck) isPackage(names []string) bool {
	path := strings.Join(names, ".")
	for pkg := range c.pkgs {
		if pkg == path || strings.HasPrefix(pkg, path+".") {
			return true
		}
	}
	return false
}

// table follows a reference through the data and its shapes: a name must be one that the data has or may have.
func (c *ruleCheck) table(ref ast.Ref, l *ast.Location) {
	values, shapes := []*value{c.d.data}, []*schema{c.d.shapes}
	for i, t := range ref[1:] {
		if len(values) == 0 && len(shapes) == 0 {
			return
		}
		s, named := t.Value.(ast.String)
		if !named {
			if i > 0 {
				c.keyed(values, ref[:i+1], t)
			}
			values, shapes = eachValue(values), eachShape(shapes)
			continue
		}
		var known []string
		nextValues, nextShapes := namedValue(values, string(s), &known), c.namedShape(shapes, string(s), &known)
		if len(nextValues) == 0 && len(nextShapes) == 0 {
			if c.open(values, shapes) {
				return
			}
			c.fail(l, "%s has no %s%s", ref[:i+1], string(s), suggest(string(s), known))
			return
		}
		values, shapes = nextValues, nextShapes
	}
}

// open says whether a name that is not there may be: no row of the data has this object, and its shape allows any name.
func (c *ruleCheck) open(values []*value, shapes []*schema) bool {
	for _, s := range shapes {
		if _, allowed := s.rest(); allowed && len(values) == 0 {
			return true
		}
	}
	return false
}

// keyed holds that a fact which picks a row of a table can be one of its names. That both have `other` says nothing, unless
// one of them has no more.
func (c *ruleCheck) keyed(values []*value, table ast.Ref, key *ast.Term) {
	f := c.factOf(key)
	if f == nil || f.kind != word {
		return
	}
	words, keys := named(f.words), []string(nil)
	for _, v := range values {
		keys = append(keys, named(v.keys())...)
	}
	if len(words) == 0 || len(keys) == 0 || slices.ContainsFunc(keys, func(k string) bool { return slices.Contains(words, k) }) {
		return
	}
	c.fail(key.Location, "%s is never a name in %s", key, table)
}

// named are the words without `other`.
func named(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool { return w == other })
}

func eachValue(in []*value) (out []*value) {
	for _, v := range in {
		for _, k := range v.keys() {
			out = append(out, v.fields[k])
		}
		out = append(out, v.items...)
	}
	return out
}

func eachShape(in []*schema) (out []*schema) {
	for _, s := range in {
		for _, p := range s.Properties {
			out = append(out, p)
		}
		out = append(out, s.each()...)
	}
	return out
}

func namedValue(in []*value, name string, known *[]string) (out []*value) {
	for _, v := range in {
		*known = append(*known, v.keys()...)
		if f := v.at(name); f != nil {
			out = append(out, f)
		}
	}
	return out
}

func (c *ruleCheck) namedShape(in []*schema, name string, known *[]string) (out []*schema) {
	for _, s := range in {
		*known = append(*known, propertyNames(s)...)
		if p := s.Properties[name]; p != nil {
			out = append(out, p)
		} else if s.XKeys != "" && s.Items != nil && slices.Contains(c.d.named(s), name) {
			out = append(out, s.Items)
		}
	}
	return out
}

package evaluator

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// ruleCheck is our own stage of the compiler: it holds the rules against the facts, the words and the tables. It runs
// when OPA has resolved imports and names. What cannot be told without running a rule is accepted.
type ruleCheck struct {
	d      *declarations
	g      *gate
	words  words
	pkgs   map[string]map[string]bool // names of the rules of each package
	facts  *fact                      // of the rule that is looked at; nil: of every package
	any    []*fact                    // of each package
	failed map[place]bool             // one problem for each place

	vars     map[ast.Var]*fact  // what the variables of the rule stand for
	iterated map[*ast.Term]bool // objects of facts that are iterated
}

// stage is the check as a compiler stage. It reports to the gate, never to the compiler, so that all is found at once.
func (c *ruleCheck) stage() ast.CompilerStageDefinition {
	return ast.CompilerStageDefinition{Name: "CheckFacts", MetricName: "check_facts", Stage: func(comp *ast.Compiler) *ast.Error {
		c.run(comp.Modules)
		return nil
	}}
}

func newRuleCheck(d *declarations, g *gate) *ruleCheck {
	c := &ruleCheck{d: d, g: g, words: newWords(d), pkgs: map[string]map[string]bool{}, failed: map[place]bool{}, iterated: map[*ast.Term]bool{}}
	for pkg := range d.pkgs {
		c.any = append(c.any, d.resolve(d.facts(pkg, "")))
	}
	c.any = append(c.any, d.resolve(d.common))
	return c
}

func (c *ruleCheck) run(modules map[string]*ast.Module) {
	for _, m := range modules {
		for _, r := range m.Rules {
			c.name(packageName(m.Package), r)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(modules)) {
		if m := modules[file]; !isTest(file) {
			for _, r := range m.Rules {
				c.rule(packageName(m.Package), r)
			}
		}
	}
}

// name notes a rule. The names within a rule's name, such as soft in limits.soft := 3, are the pack's own words; those of
// a set, such as skip.REASON contains ACTION, are codes of reasons.
func (c *ruleCheck) name(pkg string, r *ast.Rule) {
	if c.pkgs[pkg] == nil {
		c.pkgs[pkg] = map[string]bool{}
	}
	names := refNames(r.Head.Ref())
	c.pkgs[pkg][names[0]] = true
	if r.Head.RuleKind() != ast.MultiValue {
		c.words.add(names[1:]...)
	}
}

func (c *ruleCheck) rule(pkg string, r *ast.Rule) {
	c.facts = nil
	if s := c.d.facts(pkg, fullName(pkg, r)); s != nil {
		c.facts = c.d.resolve(s)
	}
	c.vars = nil
	c.vars = c.locals(r)
	for x := r; x != nil; x = x.Else {
		if x == r && r.Head.RuleKind() == ast.MultiValue {
			c.segments(r.Head.Ref()[1:])
		}
		c.visit(x.Head.Args...)
		c.visit(x.Head.Key, x.Head.Value)
		c.walk(x.Body)
	}
}

func (c *ruleCheck) visit(terms ...*ast.Term) {
	for _, t := range terms {
		if t != nil {
			c.walk(t)
		}
	}
}

// walk looks at everything below a node. References and calls are looked at as a whole.
func (c *ruleCheck) walk(node any) {
	ast.NewGenericVisitor(func(x any) bool {
		switch x := x.(type) {
		case *ast.Every:
			c.iterated[x.Domain] = true
		case *ast.Expr:
			if len(x.With) > 0 {
				c.fail(x.With[0].Location, "`with` is for tests: a rule answers for the facts that it was given")
			}
			if terms, ok := x.Terms.([]*ast.Term); ok && x.IsCall() {
				c.call(terms)
				return true
			}
		case *ast.Term:
			switch v := x.Value.(type) {
			case ast.Call:
				c.call(v)
				return true
			case ast.Ref:
				c.ref(x, v)
				return true
			case ast.Object:
				c.object(v)
				return true
			case ast.String:
				c.word(x)
			case ast.Number:
				if !small(v) {
					c.fail(x.Location, "%.12s... is too large a number", v)
				}
			}
		}
		return false
	}).Walk(node)
}

// object looks at an object that is written out. The names of a reason's arguments are the pack's own: those that its
// sentence lacks are found by the generated questions.
func (c *ruleCheck) object(o ast.Object) {
	o.Foreach(func(k, v *ast.Term) {
		args, ok := v.Value.(ast.Object)
		if !ok || !k.Equal(argsTerm) {
			c.visit(k, v)
			return
		}
		args.Foreach(func(name, arg *ast.Term) {
			if _, constant := name.Value.(ast.String); !constant {
				c.walk(name)
			}
			c.walk(arg)
		})
	})
}

var argsTerm = ast.InternedTerm("args")

func (c *ruleCheck) fail(l *ast.Location, format string, args ...any) {
	if at := located(l); !c.failed[at] {
		c.failed[at] = true
		c.g.errorf(at, format, args...)
	}
}

func (c *ruleCheck) word(t *ast.Term) {
	if s, ok := t.Value.(ast.String); ok && !c.words.known(string(s)) {
		c.fail(t.Location, "%s is no known word: neither a value of a fact, a name in data.yaml nor a reason in reasons/data.yaml%s", s, suggest(string(s), c.words.list()))
	}
}

// segments looks at what follows a name: constant names are words, the rest is looked at by itself.
func (c *ruleCheck) segments(terms []*ast.Term) {
	for _, t := range terms {
		c.walk(t)
	}
}

// operators of which both sides are compared.
var comparisons = map[string]bool{"equal": true, "neq": true, "eq": true, "lt": true, "lte": true, "gt": true, "gte": true}

// iterators are functions that look at the members of an object, which is this argument.
var iterators = map[string]int{"internal.member_2": 1, "internal.member_3": 2, "object.keys": 0, "object.get": 0}

// call looks at an operator with its arguments.
func (c *ruleCheck) call(terms []*ast.Term) {
	op, args := terms[0].Value.String(), terms[1:]
	if n, ok := iterators[op]; ok && n < len(args) {
		c.iterated[args[n]] = true
	}
	switch {
	case comparisons[op] && len(args) == 2:
		c.compare(op, args[0], args[1])
		c.compare(flipped(op), args[1], args[0])
		c.disjoint(args[0], args[1])
	case op == "internal.member_2":
		c.member(args[0], args[1])
	case op == "object.get" && len(args) == 3:
		c.lookedUp(args[0], args[1])
	case op == "mul" && !slices.ContainsFunc(args[:2], c.bounded):
		c.fail(terms[0].Location, "one side of * must be a number, a fact or a number of a table: products of what rules work out may grow without bound")
	case strings.HasPrefix(op, prefix) || strings.HasPrefix(op, "data."):
		c.visit(terms[0])
	}
	c.visit(args...)
}

// lookedUp holds object.get(object, key, ...) to what object[key] is held to.
func (c *ruleCheck) lookedUp(object, key *ast.Term) {
	ref, ok := object.Value.(ast.Ref)
	if !ok || ref[0].Value != ast.Var("input") && ref[0].Value != ast.Var("data") {
		return
	}
	if _, list := key.Value.(*ast.Array); list {
		return // a path
	}
	at := ast.NewTerm(append(ref[:len(ref):len(ref)], key))
	at.Location = key.Location
	c.ref(at, at.Value.(ast.Ref))
}

func flipped(op string) string {
	if f := map[string]string{"lt": "gt", "gt": "lt", "lte": "gte", "gte": "lte"}[op]; f != "" {
		return f
	}
	return op
}

// compare holds the constants that a fact is compared with against its domain.
func (c *ruleCheck) compare(op string, left, right *ast.Term) {
	values := c.constantsOf(right)
	ordered := op != "equal" && op != "neq" && op != "eq"
	f := c.factOf(left)
	if ordered && f != nil && f.kind == word {
		c.fail(left.Location, "%s is a word: words have no order", left)
	}
	for _, v := range values {
		if s, ok := v.term.Value.(ast.String); ordered && ok {
			c.fail(right.Location, "%s is a string: strings have no order; compare lengths of time by time.parse_duration_ns", s)
		} else if f != nil {
			c.domain(f, left, right, v)
		}
	}
}

// domain holds that a fact can have a value.
func (c *ruleCheck) domain(f *fact, of, at *ast.Term, v constant) {
	switch x := v.term.Value.(type) {
	case ast.String:
		if f.kind != word {
			c.fail(at.Location, "%s is never a string%s", of, v.from())
		} else if !slices.Contains(f.words, string(x)) {
			c.fail(at.Location, "%s is never %s%s: it is %s%s%s", of, x, v.from(), list(f.words), suggest(string(x), f.words), f.lacks)
		}
	case ast.Number:
		if n, whole := x.Int(); f.kind != count {
			c.fail(at.Location, "%s is never a number%s", of, v.from())
		} else if !whole || n < 0 || n > f.max {
			c.fail(at.Location, "%s is never %s%s: it is 0..%d", of, x, v.from(), f.max)
		}
	case ast.Boolean:
		if f.kind != flag {
			c.fail(at.Location, "%s is never true or false%s", of, v.from())
		}
	}
}

// member holds the members of a set that is written out, or of a list of data, against the fact that is looked for, and the
// other way round.
func (c *ruleCheck) member(x, coll *ast.Term) {
	if m := each(coll); m != nil {
		c.compare("equal", m, x)
		c.disjoint(x, m)
	}
	members(coll.Value, func(m *ast.Term) {
		if f := c.factOf(x); f != nil {
			for _, v := range c.constantsOf(m) {
				c.domain(f, x, m, v)
			}
		}
		if f := c.factOf(m); f != nil && ast.IsConstant(x.Value) {
			c.domain(f, m, x, constant{term: x})
		}
	}, func(ast.Value) {})
}

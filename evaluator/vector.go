package evaluator

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"statemanager/engine"
)

// plan is how the facts of one question become a vector, one byte a fact, and how a vector becomes the input of rules.
// It is made once for an entrypoint of a pack. Equal situations have equal vectors, so a vector is the key of the cache.
type plan struct {
	slots   []slot
	input   group
	profile int // the slot of the profile; -1 if the pack does without it
}

// slot is one fact: a word is its index in terms, a boolean is 0 or 1, a counter is itself, saturated.
type slot struct {
	name  string
	kind  factKind
	index []int // of the struct's field
	row   int   // of an array; -1 = none
	codes map[string]byte
	max   uint64
	terms []*ast.Term // by code
}

// group is an object of facts: slots and further groups by name.
type group struct {
	names  []*ast.Term
	slots  []int // -1 = the group beside it
	groups []group
}

// newPlan lays out what a pack declares of the facts that the daemon knows, in the daemon's order.
func newPlan(e *entrypoint, d *declarations, tables *engine.Pack) (*plan, error) {
	p := &plan{profile: -1}
	facts := d.facts(e.pkg(), e.path())
	if facts == nil {
		facts = d.common
	}
	declared := map[string]*schema{}
	leaves(facts, nil, declared)
	for i := range e.known {
		k := &e.known[i]
		s := declared[k.name()]
		switch {
		case s == nil:
		case k.table == "site":
			for row, f := range tables.Site {
				p.add(k, f.Name, row, fact{kind: word, words: f.Values})
			}
		case k.rows:
			for row, name := range rowNames(k.table, tables) {
				p.add(k, name, row, *d.resolve(s.Items))
			}
		default:
			if k.name() == "input.profile" {
				p.profile = len(p.slots)
			}
			p.add(k, "", -1, *d.resolve(s))
		}
	}
	for i := range p.slots {
		if len(p.slots[i].terms) > 256 {
			return nil, fmt.Errorf("%s has more than 256 values", p.slots[i].name)
		}
	}
	return p, nil
}

func rowNames(table string, tables *engine.Pack) (out []string) {
	switch table {
	case "actions":
		for _, r := range tables.Actions {
			out = append(out, string(r.Name))
		}
	case "ages":
		for _, r := range tables.Ages {
			out = append(out, r.Name)
		}
	}
	return out
}

func (p *plan) add(k *knownFact, name string, row int, f fact) {
	path := k.path
	if row >= 0 {
		path = append(path[:len(path):len(path)], name)
	}
	s := slot{name: "input." + strings.Join(path, "."), kind: f.kind, index: k.index, row: row, max: uint64(f.max)}
	switch f.kind {
	case flag:
		s.terms = []*ast.Term{ast.InternedTerm(false), ast.InternedTerm(true)}
	case count:
		for n := range f.max + 1 {
			s.terms = append(s.terms, ast.InternedTerm(n))
		}
	default:
		s.codes = map[string]byte{}
		for i, w := range f.words {
			s.codes[w] = byte(i)
			s.terms = append(s.terms, ast.StringTerm(w))
		}
	}
	p.slots = append(p.slots, s)
	p.input.put(path, len(p.slots)-1)
}

func (g *group) put(path []string, slot int) {
	for i, n := range g.names {
		if n.Value == ast.String(path[0]) {
			g.groups[i].put(path[1:], slot)
			return
		}
	}
	g.names = append(g.names, ast.StringTerm(path[0]))
	if len(path) == 1 {
		g.slots, g.groups = append(g.slots, slot), append(g.groups, group{})
		return
	}
	g.slots, g.groups = append(g.slots, -1), append(g.groups, group{})
	g.groups[len(g.groups)-1].put(path[1:], slot)
}

// encode appends the vector of a struct of facts. A word that the pack does not know is an error; a counter saturates.
func (p *plan) encode(facts reflect.Value, to []byte) ([]byte, error) {
	for i := range p.slots {
		s := &p.slots[i]
		v := facts
		for _, x := range s.index {
			v = v.Field(x)
		}
		if s.row >= 0 {
			v = v.Index(s.row)
		}
		switch s.kind {
		case flag:
			var b byte
			if v.Bool() {
				b = 1
			}
			to = append(to, b)
		case count:
			to = append(to, byte(min(v.Uint(), s.max)))
		default:
			code, ok := s.codes[v.String()]
			if !ok {
				return to, fmt.Errorf("%s is %s, which the pack does not know", s.name, strconv.Quote(v.String()))
			}
			to = append(to, code)
		}
	}
	return to, nil
}

// terms is the input that a vector stands for.
func (p *plan) terms(vector []byte) *ast.Term { return p.object(&p.input, vector) }

func (p *plan) object(g *group, vector []byte) *ast.Term {
	pairs := make([][2]*ast.Term, len(g.names))
	for i, name := range g.names {
		if slot := g.slots[i]; slot >= 0 {
			pairs[i] = [2]*ast.Term{name, p.slots[slot].terms[vector[slot]]}
		} else {
			pairs[i] = [2]*ast.Term{name, p.object(&g.groups[i], vector)}
		}
	}
	return ast.ObjectTerm(pairs...)
}

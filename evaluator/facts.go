package evaluator

import (
	"maps"
	"slices"
	"strings"
)

// fact is a declared fact, or an object of facts, with its domain resolved.
type fact struct {
	kind   factKind
	words  []string
	max    int
	fields map[string]*fact // of an object
	each   *fact            // what a field is that is not known by name; nil = cannot be told
	lacks  string           // the end of a sentence: the table of its words is missing
}

func (f *fact) isObject() bool { return f.fields != nil }

// resolve turns a declaration into a domain: x-keys become the keys of their table.
func (d *declarations) resolve(s *schema) *fact {
	switch {
	case s.Type == "object" || s.Properties != nil:
		f := &fact{fields: map[string]*fact{}}
		for name, p := range s.Properties {
			f.fields[name] = d.resolve(p)
		}
		if s.XKeys != "" && s.Items != nil {
			f.each, f.lacks = d.resolve(s.Items), d.lacks(s)
			for _, k := range d.keys(s.XKeys) {
				f.fields[k] = f.each
			}
		}
		return f
	case s.Type == "boolean":
		return &fact{kind: flag}
	case s.Type == "integer":
		f := &fact{kind: count}
		if s.Maximum != nil {
			f.max = int(*s.Maximum)
		}
		return f
	}
	f := &fact{kind: word, words: s.words(), lacks: d.lacks(s)}
	if s.XKeys != "" {
		f.words = append(append(f.words, d.keys(s.XKeys)...), other)
	}
	slices.Sort(f.words)
	f.words = slices.Compact(f.words)
	return f
}

// lacks tells that the table of a fact's words is missing, which is why it has so few.
func (d *declarations) lacks(s *schema) string {
	if s.XKeys == "" || d.tableOf(s.XKeys) != nil {
		return ""
	}
	return "; the pack has no table " + s.XKeys
}

// checkFacts compares what a pack declares with what the daemon knows: a pack may do without a fact, but it may not
// invent one or give it another domain. A counter may have a smaller bound: it saturates there.
func (d *declarations) checkFacts(g *gate) {
	for _, e := range entrypoints {
		facts := d.facts(e.pkg(), e.path())
		if facts == nil {
			facts = d.common
		}
		left := map[string]*schema{}
		leaves(facts, nil, left)
		for i := range e.known {
			d.checkFact(&e.known[i], facts, left, g)
		}
		for name, s := range left {
			g.errorf(s.place, "the daemon knows no fact %s in %s%s", name, e.name, suggest(name, e.names()))
		}
	}
}

// leaves are the declared facts by their full names.
func leaves(s *schema, path []string, out map[string]*schema) {
	if len(path) > 0 && (s.Properties == nil || s.XKeys != "" || len(path) == 1 && path[0] == "site") {
		out["input."+strings.Join(path, ".")] = s
		return
	}
	for name, p := range s.Properties {
		leaves(p, append(path[:len(path):len(path)], name), out)
	}
}

func (e *entrypoint) names() (out []string) {
	for i := range e.known {
		out = append(out, e.known[i].name())
	}
	return out
}

func (d *declarations) checkFact(k *knownFact, facts *schema, left map[string]*schema, g *gate) {
	s := left[k.name()]
	delete(left, k.name())
	switch {
	case s == nil: // not sent
	case k.table == "site":
		d.checkSite(s, g)
	case k.rows:
		d.checkRows(k, s, g)
	default:
		d.checkDomain(k, s, g)
	}
}

// checkSite holds that site facts, which a pack declares by itself, can be unset.
func (d *declarations) checkSite(s *schema, g *gate) {
	for name, p := range s.Properties {
		if p.Type != "string" || !slices.Contains(p.words(), other) {
			g.errorf(p.place, "input.site.%s: a fact of the site is a string with an enum, and `other`, which stands for unset", name)
		}
	}
}

func (d *declarations) checkRows(k *knownFact, s *schema, g *gate) {
	if s.XKeys != "data."+k.table || s.Items == nil {
		g.errorf(s.place, "%s: the daemon sends a value for each key of data.%s: declare x-keys: data.%s, and items", k.name(), k.table, k.table)
		return
	}
	keys := d.keys(s.XKeys)
	for name, p := range s.Properties {
		if !slices.Contains(keys, name) {
			g.errorf(p.place, "%s.%s: data.%s has no such row%s", k.name(), name, k.table, suggest(name, keys))
		}
	}
	each := *k
	each.rows, each.table = false, ""
	d.checkDomain(&each, s.Items, g)
}

func (d *declarations) checkDomain(k *knownFact, s *schema, g *gate) {
	switch got := d.resolve(s); k.kind {
	case flag:
		if s.Type != "boolean" {
			g.errorf(s.place, "%s: the daemon sends a boolean", k.name())
		}
	case count:
		if s.Type != "integer" || s.Minimum == nil || *s.Minimum != 0 || got.max < 1 || got.max > k.max {
			g.errorf(s.place, "%s: the daemon sends an integer with minimum 0 and maximum %d; a smaller maximum may be declared", k.name(), k.max)
		}
	default:
		if want := d.domain(k); s.Type != "string" || !slices.Equal(got.words, want) {
			g.errorf(s.place, "%s: the daemon sends %s%s", k.name(), list(want), difference(got.words, want))
		}
	}
}

// domain are the words that the daemon may send, sorted.
func (d *declarations) domain(k *knownFact) []string {
	set := map[string]bool{}
	for _, w := range k.words {
		set[w] = true
	}
	if k.table != "" {
		for _, w := range append(d.keys("data."+k.table), other) {
			set[w] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// difference says what a declared domain has too many and too few.
func difference(got, want []string) (text string) {
	for _, w := range got {
		if !slices.Contains(want, w) {
			text += "; it knows no " + quote(w) + suggest(w, want)
		}
	}
	for _, w := range want {
		if !slices.Contains(got, w) {
			text += "; " + quote(w) + " is not declared"
		}
	}
	return text
}

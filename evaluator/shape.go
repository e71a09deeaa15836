package evaluator

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkData holds the data against its declared shape. Tables that no package declares are left alone, unless their name
// is nearly that of one that is: no rule would ever read such a table.
func (d *declarations) checkData(g *gate) {
	for name, s := range d.shapes.Properties {
		if v := d.data.at(name); v != nil {
			d.check(s, v, "data."+name, g)
		}
	}
	for _, name := range d.data.keys() {
		if d.shapes.Properties[name] != nil {
			continue
		}
		tell, near := g.warnf, suggest(name, propertyNames(d.shapes))
		if near != "" {
			tell = g.errorf
		}
		tell(d.data.at(name).place, "data.%s is declared by no package, so nothing checks its shape%s", name, near)
	}
}

// needed are the tables that no pack can do without, whatever it declares.
var needed = []string{"actions", "issues", "profiles", "reasons"}

// checkMissing finds tables that the pack cannot do without. It is asked first: all that reads such a table is wrong.
func (d *declarations) checkMissing(g *gate) {
	for _, name := range append(propertyNames(d.shapes), needed...) {
		s := d.shapes.Properties[name]
		if d.data.at(name) == nil && (slices.Contains(needed, name) || len(s.Required) > 0) {
			d.missing(name, s, g)
		}
	}
}

// missing tells of a table that is missing, where it may be meant, or its shape is declared, or else in the data.
func (d *declarations) missing(name string, s *schema, g *gate) {
	undeclared := slices.DeleteFunc(d.data.keys(), func(k string) bool { return d.shapes.Properties[k] != nil })
	if k := nearest(name, undeclared); k != "" {
		g.errorf(d.data.at(k).place, "table data.%s is missing: did you mean it by %s?", name, k)
	} else if s != nil {
		g.errorf(s.place, "table data.%s is missing: its shape is declared here, but no data.yaml has it", name)
	} else {
		g.errorf(d.data.place, "table data.%s is missing", name)
	}
}

func (d *declarations) check(s *schema, v *value, path string, g *gate) {
	if s.Type != "" && s.Type != v.kind() && !(s.Type == "number" && v.kind() == "integer") {
		g.errorf(v.place, "%s: %s is not %s", path, v.text(), s.noun())
		return
	}
	switch {
	case v.fields != nil:
		d.checkObject(s, v, path, g)
	case v.items != nil:
		for i, x := range v.items {
			if s.Items != nil {
				d.check(s.Items, x, path+"["+strconv.Itoa(i)+"]", g)
			}
		}
	default:
		d.checkScalar(s, v, path, g)
	}
}

func (d *declarations) checkObject(s *schema, v *value, path string, g *gate) {
	for _, r := range s.Required {
		if v.fields[r] == nil {
			g.errorf(v.place, "%s has no %s", path, r)
		}
	}
	rest, allowed := s.rest()
	var keys []string
	if s.XKeys != "" {
		keys = d.named(s)
	}
	for _, k := range v.keys() {
		f := v.fields[k]
		p := s.Properties[k]
		if p == nil && slices.Contains(keys, k) {
			p = s.Items
		}
		switch {
		case p != nil:
			d.check(p, f, path+"."+k, g)
		case slices.Contains(keys, k):
		case !allowed:
			names := append(keys[:len(keys):len(keys)], propertyNames(s)...)
			g.errorf(f.place, "%s knows no %s%s", path, k, suggest(k, names))
		case rest != nil:
			d.check(rest, f, path+"."+k, g)
		}
	}
}

// named are the words of x-keys in data, where `other` is one only if x-other says so.
func (d *declarations) named(s *schema) []string {
	keys := d.keys(s.XKeys)
	if s.XOther {
		keys = append(keys, other)
	}
	return keys
}

func propertyNames(s *schema) (out []string) {
	for name := range s.Properties {
		out = append(out, name)
	}
	return out
}

func (d *declarations) checkScalar(s *schema, v *value, path string, g *gate) {
	text, isString := v.scalar.(string)
	if len(s.Enum) > 0 || s.XKeys != "" {
		words := s.words()
		if s.XKeys != "" {
			words = append(words, d.named(s)...)
		}
		if isString && !slices.Contains(words, text) {
			what := list(words)
			if s.XKeys != "" && len(s.Enum) == 0 {
				what = "a key of " + s.XKeys
			}
			g.errorf(v.place, "%s: %s is not %s%s", path, quote(text), what, suggest(text, words))
		}
	}
	if n, ok := v.scalar.(json.Number); ok {
		f, _ := n.Float64()
		if s.Minimum != nil && f < *s.Minimum {
			g.errorf(v.place, "%s: %s is less than %v", path, n, *s.Minimum)
		}
		if s.Maximum != nil && f > *s.Maximum {
			g.errorf(v.place, "%s: %s is more than %v", path, n, *s.Maximum)
		}
	}
	if _, err := time.ParseDuration(text); s.Format == "duration" && err != nil {
		g.errorf(v.place, "%s: %s is not %s", path, v.text(), s.noun())
	}
}

// kind is the value's type as JSON Schema names it.
func (v *value) kind() string {
	if v.fields != nil {
		return "object"
	}
	if v.items != nil {
		return "array"
	}
	switch x := v.scalar.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		if strings.ContainsAny(x.String(), ".eE") {
			return "number"
		}
		return "integer"
	}
	return "null"
}

// aDuration is what a length of time looks like, for messages.
const aDuration = "a length of time such as 10s, 5m or 1h30m"

// noun is the declared type for a message.
func (s *schema) noun() string {
	switch {
	case s.Format == "duration":
		return aDuration
	case s.Type == "array" || s.Type == "object" || s.Type == "integer":
		return "an " + s.Type
	}
	return "a " + s.Type
}

package evaluator

import (
	"encoding/json"
	"slices"
	"time"
)

// row reads a row of a table of data. What is missing is a zero value; what has another type is a problem of the gate.
type row struct {
	v    *value
	name string // for messages, such as data.actions.restart
	key  string // the row's own name; it may have dots
	g    *gate
}

func (t row) at(name string) row { return row{t.v.at(name), t.name + "." + name, name, t.g} }

// rows are the rows of a table by name.
func (t row) rows() (out []row) {
	for _, k := range t.v.keys() {
		out = append(out, t.at(k))
	}
	return out
}

// ranked are the rows of a table by rank, then by name; without `other`.
func (t row) ranked() []row {
	rows := slices.DeleteFunc(t.rows(), func(r row) bool { return r.key == other })
	slices.SortStableFunc(rows, func(a, b row) int { return a.at("rank").integer() - b.at("rank").integer() })
	return rows
}

// set says whether the row is there.
func (t row) set() bool { return t.v != nil }

func (t row) wrong(what string) {
	t.g.errorf(t.v.place, "%s: %s is not %s", t.name, t.v.text(), what)
}

func (t row) str() string {
	if t.v == nil {
		return ""
	}
	s, ok := t.v.scalar.(string)
	if !ok {
		t.wrong("a string")
	}
	return s
}

func (t row) boolean() bool {
	if t.v == nil {
		return false
	}
	b, ok := t.v.scalar.(bool)
	if !ok {
		t.wrong("true or false")
	}
	return b
}

func (t row) integer() int {
	if t.v == nil {
		return 0
	}
	n, ok := t.v.integer()
	if !ok {
		t.wrong("a whole number")
	}
	return n
}

func (t row) duration() time.Duration {
	if t.v == nil {
		return 0
	}
	d, err := time.ParseDuration(t.str())
	if err != nil || d < 0 {
		t.wrong(aDuration)
	}
	return d
}

// each are the elements of a list.
func (t row) each() (out []row) {
	if t.v == nil {
		return nil
	}
	if t.v.items == nil {
		t.wrong("a list")
	}
	for _, x := range t.v.items {
		out = append(out, row{x, t.name, t.key, t.g})
	}
	return out
}

func (t row) strs() (out []string) {
	for _, x := range t.each() {
		out = append(out, x.str())
	}
	return out
}

func (t row) ints() (out []int32) {
	for _, x := range t.each() {
		out = append(out, int32(x.integer()))
	}
	return out
}

func (t row) labels() (out map[string]string) {
	for _, x := range t.rows() {
		if out == nil {
			out = map[string]string{}
		}
		out[x.key] = x.str()
	}
	return out
}

// text is the value for a message.
func (v *value) text() string {
	if s := v.json(); len(s) <= 60 {
		return s
	}
	return "this"
}

func (v *value) json() string {
	b, err := json.Marshal(v.plain())
	if err != nil {
		return "?" // what was read as JSON or YAML can be written as JSON
	}
	return string(b)
}

package evaluator

import (
	"fmt"
	"strings"
)

// Shown is a value that holds, and where it comes from. A list is one value: it is replaced as a whole.
type Shown struct {
	Key   string `json:"key"`   // such as strategies.other
	Value string `json:"value"` // as JSON
	Place string `json:"place"` // FILE:LINE
}

// Show lists the values of a table, a row or a value of the data, layers merged, in the order of their keys; of all with
// an empty key. The gates beyond the first are not passed. A key that is not there is an error.
func Show(f Files, key string) ([]Shown, error) {
	g, r := &gate{name: GateRead}, &Report{}
	s := read(f, g)
	if !g.close(r) {
		return nil, r.Err()
	}
	at, path := s.data, "data"
	for rest := key; rest != ""; {
		name := at.leading(rest)
		if name == "" {
			name, _, _ = strings.Cut(rest, ".")
			return nil, fmt.Errorf("%s has no %s%s", path, name, suggest(name, at.keys()))
		}
		at, path = at.at(name), path+"."+name
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, name), ".")
	}
	return at.shown(key, nil), nil
}

// leading is the longest name of an object that a key starts with: names may have dots. "" if none does.
func (v *value) leading(key string) (longest string) {
	for _, k := range v.keys() {
		if (key == k || strings.HasPrefix(key, k+".")) && len(k) > len(longest) {
			longest = k
		}
	}
	return longest
}

func (v *value) shown(key string, out []Shown) []Shown {
	if len(v.fields) == 0 {
		return append(out, Shown{key, v.json(), fmt.Sprintf("%s:%d", v.file, v.line)})
	}
	for _, k := range v.keys() {
		out = v.fields[k].shown(strings.TrimPrefix(key+"."+k, "."), out)
	}
	return out
}

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
	at := s.data
	if key != "" {
		names := strings.Split(key, ".")
		for i, n := range names {
			next := at.at(n)
			if next == nil {
				return nil, fmt.Errorf("data.%s has no %s%s", strings.Join(names[:i], "."), n, suggest(n, at.keys()))
			}
			at = next
		}
	}
	return at.shown(key, nil), nil
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

package evaluator

import (
	"encoding/json"
	"errors"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/util"
	"go.yaml.in/yaml/v3"
)

// value is a value of the pack's data, and where it stands: a field where its name does.
type value struct {
	place
	fields map[string]*value // of an object
	items  []*value          // of an array
	scalar any               // string, bool, json.Number or nil of anything else
}

func (v *value) isObject() bool { return v != nil && v.fields != nil }

// keys are the names of an object, sorted.
func (v *value) keys() []string {
	if v == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(v.fields))
}

// at follows names from an object; nil if there is nothing.
func (v *value) at(names ...string) *value {
	for _, n := range names {
		if v == nil {
			return nil
		}
		v = v.fields[n]
	}
	return v
}

// plain is the value as OPA's store takes it.
func (v *value) plain() any {
	switch {
	case v.fields != nil:
		out := map[string]any{}
		for k, f := range v.fields {
			out[k] = f.plain()
		}
		return out
	case v.items != nil:
		out := make([]any, len(v.items))
		for i, x := range v.items {
			out[i] = x.plain()
		}
		return out
	}
	return v.scalar
}

// load adds a file of data under the folder that it stands in, as OPA's bundle mode does; inner is its path in its layer.
func (v *value) load(name, inner string, text []byte, g *gate) {
	var plain any
	var node yaml.Node
	if err := errors.Join(yaml.Unmarshal(text, &node), util.Unmarshal(text, &plain)); err != nil {
		g.errorf(place{name, lineIn(err), 0}, "%s", firstLine(err.Error()))
		return
	}
	var doc *yaml.Node
	if len(node.Content) > 0 {
		doc = node.Content[0]
	}
	loaded := locate(name, doc, plain, g)
	if plain == nil {
		return
	} else if !loaded.isObject() {
		g.errorf(loaded.place, "must be a table of tables")
		return
	}
	dirs := strings.Split(path.Dir(inner), "/")
	if dirs[0] == "." {
		dirs = nil
	}
	for _, d := range slices.Backward(dirs) {
		loaded = &value{place: place{file: name, line: 1}, fields: map[string]*value{d: loaded}}
	}
	v.merge(loaded, g)
}

// merge adds the tables of another file; one key in two files is an error, as it is for OPA.
func (v *value) merge(other *value, g *gate) {
	for _, k := range other.keys() {
		mine, theirs := v.fields[k], other.fields[k]
		switch {
		case mine == nil:
			v.fields[k] = theirs
		case mine.isObject() && theirs.isObject():
			mine.merge(theirs, g)
		default:
			g.errorf(theirs.place, "%s stands in %s:%d too", k, mine.file, mine.line)
		}
	}
}

// patch merges a layer's data as RFC 7386 says: objects name by name, null removes, anything else replaces.
func (v *value) patch(p *value, at string, g *gate) {
	for _, k := range p.keys() {
		mine, theirs := v.fields[k], p.fields[k]
		switch {
		case theirs.null() && mine == nil:
			g.warnf(theirs.place, "%s.%s is removed here, but there is none", at, k)
		case theirs.null():
			delete(v.fields, k)
		case theirs.isObject():
			if !mine.isObject() {
				mine = &value{place: theirs.place, fields: map[string]*value{}}
				v.fields[k] = mine
			}
			mine.patch(theirs, at+"."+k, g)
		default:
			v.fields[k] = theirs
		}
	}
}

func (v *value) null() bool { return v.fields == nil && v.items == nil && v.scalar == nil }

// locate joins what stock OPA reads with the places in the file, and refuses names that are given twice.
func locate(file string, n *yaml.Node, plain any, g *gate) *value {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	v := &value{place: place{file: file}}
	if n != nil {
		v.line, v.col = n.Line, n.Column
	}
	switch plain := plain.(type) {
	case map[string]any:
		v.fields = map[string]*value{}
		children := fieldNodes(file, n, g)
		for k, p := range plain {
			f := locate(file, children[k].val, p, g)
			f.place = v.place
			if key := children[k].key; key != nil {
				f.line, f.col = key.Line, key.Column
			}
			v.fields[k] = f
		}
	case []any:
		v.items = make([]*value, len(plain))
		for i, p := range plain {
			var child *yaml.Node
			if n != nil && i < len(n.Content) {
				child = n.Content[i]
			}
			v.items[i] = locate(file, child, p, g)
		}
	default:
		v.scalar = plain
	}
	return v
}

type fieldNode struct{ key, val *yaml.Node }

// fieldNodes are the fields of a mapping by name; what `<<` merges in counts too.
func fieldNodes(file string, n *yaml.Node, g *gate) map[string]fieldNode {
	out, own := map[string]fieldNode{}, map[string]bool{}
	if n == nil || n.Kind != yaml.MappingNode {
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, val := n.Content[i], n.Content[i+1]
		if key.Tag == "!!merge" {
			if val.Kind == yaml.AliasNode {
				val = val.Alias
			}
			for k, c := range fieldNodes(file, val, g) {
				if out[k].key == nil {
					out[k] = c
				}
			}
			continue
		}
		if own[key.Value] {
			g.errorf(place{file, key.Line, key.Column}, "%s is given twice", key.Value)
		}
		own[key.Value], out[key.Value] = true, fieldNode{key, val}
	}
	return out
}

var yamlLine = regexp.MustCompile(`line (\d+)`)

func lineIn(err error) int {
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		n, _ := strconv.Atoi(m[1])
		return n
	}
	return 0
}

// firstLine is the first line of an error of the YAML library, without what its place says.
func firstLine(text string) string {
	text, _, _ = strings.Cut(text, "\n")
	return yamlPrefix.ReplaceAllString(text, "")
}

var yamlPrefix = regexp.MustCompile(`^yaml: (line \d+: )?`)

// integer is the value as a whole number.
func (v *value) integer() (int, bool) {
	n, ok := v.scalar.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(n.String())
	return i, err == nil
}

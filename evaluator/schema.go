package evaluator

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// schema is what a pack declares of a fact or a table: the part of JSON Schema that packs use, and our x- keywords.
type schema struct {
	place
	Type       string             `json:"type"`
	Properties map[string]*schema `json:"properties"`
	Additional *additional        `json:"additionalProperties"`
	Items      *schema            `json:"items"`
	Enum       []any              `json:"enum"`
	Required   []string           `json:"required"`
	Minimum    *float64           `json:"minimum"`
	Maximum    *float64           `json:"maximum"`
	Format     string             `json:"format"`
	XKeys      string             `json:"x-keys"`  // a string is one of the keys of that table; an object has them as names
	XOther     bool               `json:"x-other"` // `other` is one too

	name    string   // of what it is declared for
	unknown []string // keywords
}

// additional is what further names an object may have: none, anything, or what a schema says.
type additional struct {
	allowed bool
	schema  *schema
}

// UnmarshalJSON reads a boolean or a schema.
func (a *additional) UnmarshalJSON(b []byte) error {
	if json.Unmarshal(b, &a.allowed) == nil {
		return nil
	}
	a.allowed = true
	return json.Unmarshal(b, &a.schema)
}

// rest is the schema of names that are not among the properties, and whether there may be any. An object that names its
// properties has no others unless it says so: a mistyped name is what the gate is there to find.
func (s *schema) rest() (*schema, bool) {
	switch {
	case s.Additional != nil:
		return s.Additional.schema, s.Additional.allowed
	case s.XKeys != "":
		return nil, false
	}
	return nil, len(s.Properties) == 0
}

// words are the strings of an enum.
func (s *schema) words() (out []string) {
	for _, e := range s.Enum {
		if w, ok := e.(string); ok {
			out = append(out, w)
		}
	}
	return out
}

// declarations are all schemas of a pack, with the x-keys that data resolves.
type declarations struct {
	files  Files
	data   *value
	common *schema            // facts of every package
	pkgs   map[string]*schema // facts of one package, such as statemanager.recovery
	rules  map[string]*schema // facts of one rule, in place of its package's
	shapes *schema            // of data

	declared []*schema // each as it stands in a file
}

// declare collects the schemas of the METADATA of rules' modules. The modules are not changed.
func declare(s *source, g *gate) *declarations {
	object := func() *schema { return &schema{Type: "object", Properties: map[string]*schema{}} }
	d := &declarations{files: s.files, data: s.data, common: object(), shapes: object(), pkgs: map[string]*schema{}, rules: map[string]*schema{}}
	rules := s.rules()
	for _, name := range s.files.names() { // a layer adds to what the pack declares
		if rules[name] == nil {
			continue
		}
		for _, a := range rules[name].Annotations {
			for _, sa := range a.Schemas {
				d.add(a, sa, name, packageName(rules[name].Package), g)
			}
		}
	}
	for _, s := range d.declared {
		d.checkKeywords(s, g)
	}
	return d
}

func (d *declarations) add(a *ast.Annotations, sa *ast.SchemaAnnotation, file, pkg string, g *gate) {
	names := refNames(sa.Path)
	at := place{file: file, line: d.files.line(file, a.Location.Row, sa.Path.String()+":")}
	if sa.Definition == nil || len(names) == 0 {
		g.errorf(at, "%s: a schema stands inline, for input or data", sa.Path)
		return
	}
	text, err := json.Marshal(*sa.Definition)
	s := &schema{}
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	if err != nil {
		g.errorf(at, "%s: read schema: %v", sa.Path, err)
		return
	}
	d.stamp(s, sa.Path.String(), at)
	d.declared = append(d.declared, s)
	root := d.root(names, a, pkg)
	if root == nil {
		g.errorf(at, "%s: a schema of %s is not for scope %s", sa.Path, names[0], a.Scope)
		return
	}
	root.put(names[1:], s)
}

// root is where a schema belongs, by its scope. A fact of the site is one of every question, wherever it is declared: so
// a layer can have its own.
func (d *declarations) root(names []string, a *ast.Annotations, pkg string) *schema {
	entry := func(m map[string]*schema, k string) *schema {
		if m[k] == nil {
			m[k] = &schema{Type: "object"}
		}
		return m[k]
	}
	switch {
	case names[0] == "data":
		return d.shapes
	case len(names) > 2 && names[1] == "site":
		return d.common
	case a.Scope == "subpackages":
		return d.common
	case a.Scope == "package":
		return entry(d.pkgs, pkg)
	}
	return entry(d.rules, strings.TrimPrefix(a.GetTargetPath().String(), "data."))
}

// put lays a schema under a path; a whole object is laid over what is there.
func (s *schema) put(path []string, child *schema) {
	if s.Properties == nil {
		s.Properties = map[string]*schema{}
	}
	if len(path) == 0 {
		maps.Copy(s.Properties, child.Properties)
		return
	}
	if len(path) == 1 {
		s.Properties[path[0]] = child
		return
	}
	if s.Properties[path[0]] == nil {
		s.Properties[path[0]] = &schema{place: child.place, Type: "object"}
	}
	s.Properties[path[0]].put(path[1:], child)
}

// stamp names each schema and finds its line: YAML's own lines are lost in the annotation.
func (d *declarations) stamp(s *schema, name string, at place) {
	s.name, s.place = name, at
	for k, p := range s.Properties {
		d.stamp(p, name+"."+k, place{file: at.file, line: d.files.line(at.file, at.line, k+":")})
	}
	for _, p := range s.each() {
		d.stamp(p, name+"[_]", at)
	}
}

// each are the schemas of members that have no name of their own.
func (s *schema) each() (out []*schema) {
	if s.Items != nil {
		out = append(out, s.Items)
	}
	if s.Additional != nil && s.Additional.schema != nil {
		out = append(out, s.Additional.schema)
	}
	return out
}

// facts are what rules of a package may read; a rule with facts of its own reads those alone. A package that declares
// none may be called from any other: nil then.
func (d *declarations) facts(pkg, rule string) *schema {
	if s := d.rules[rule]; s != nil {
		return s
	}
	own := d.pkgs[pkg]
	if own == nil {
		return nil
	}
	all := &schema{place: own.place, Type: "object", Properties: map[string]*schema{}}
	maps.Copy(all.Properties, d.common.Properties)
	maps.Copy(all.Properties, own.Properties)
	return all
}

// keys are the names that `x-keys: data.TABLE` stands for; `other` is left to the caller.
func (d *declarations) keys(ref string) []string {
	return named(d.tableOf(ref).keys())
}

// tableOf is the value that `x-keys: data.TABLE` names; nil if there is none.
func (d *declarations) tableOf(ref string) *value {
	return d.data.at(strings.Split(strings.TrimPrefix(ref, "data."), ".")...)
}

// refNames are the parts of a reference that are constant, from its head on.
func refNames(ref ast.Ref) (out []string) {
	for i, t := range ref {
		switch v := t.Value.(type) {
		case ast.Var:
			if i > 0 {
				return out
			}
			out = append(out, string(v))
		case ast.String:
			out = append(out, string(v))
		default:
			return out
		}
	}
	return out
}

func packageName(p *ast.Package) string { return strings.TrimPrefix(p.Path.String(), "data.") }

func fullName(pkg string, r *ast.Rule) string {
	return pkg + "." + strings.Join(refNames(r.Head.Ref()), ".")
}

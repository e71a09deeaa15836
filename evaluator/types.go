package evaluator

import (
	"cmp"

	"github.com/open-policy-agent/opa/v1/ast"
)

// CheckTypes lets OPA's own type checker hold the rules against the declared facts and shapes of data, and adds what it
// finds to the report of a pack that has passed Check. It takes about as long as compiling does, and finds little that the
// gates do not: so it is for those who edit, and no gate of the daemon.
func CheckTypes(f Files, r *Report) {
	g := &gate{name: GateTypes}
	s := read(f, &gate{})
	t := &typing{declare(s, &gate{}), ast.NewSchemaSet(), map[string]bool{}}
	rules := s.rules()
	for _, m := range rules {
		t.annotate(m)
	}
	comp := ast.NewCompiler().WithCapabilities(capabilities(false)).WithSchemas(t.set).WithUseTypeCheckAnnotations(true)
	if comp.Compile(rules); comp.Failed() {
		compileErrors(comp.Errors, place{}, g)
	}
	g.close(r)
}

// typing tells OPA's checker what holds, in the place of what the files say: by itself it passes over x-keys, takes
// properties for all names that an object may have, and sees no fact that a layer adds.
type typing struct {
	*declarations
	set  *ast.SchemaSet
	done map[string]bool // packages, and rules with facts of their own: one annotation each
}

func (t *typing) annotate(m *ast.Module) {
	m.Annotations = nil
	pkg := packageName(m.Package)
	var known []*ast.SchemaAnnotation
	for name, s := range t.shapes.Properties {
		known = append(known, t.schema(ast.DefaultRootRef.Append(ast.StringTerm(name)), "data."+name, s))
	}
	if facts := t.facts(pkg, ""); facts != nil {
		known = append(known, t.schema(ast.InputRootRef, pkg, facts))
	}
	t.add(m, &ast.Annotations{Scope: "package", Location: m.Package.Location, Schemas: known}, m.Package, pkg)
	for _, r := range m.Rules {
		name := fullName(pkg, r)
		if facts := t.declarations.rules[name]; facts != nil {
			own := []*ast.SchemaAnnotation{t.schema(ast.InputRootRef, name, facts)}
			t.add(m, &ast.Annotations{Scope: "document", Location: r.Location, Schemas: own}, r, name)
		}
	}
}

func (t *typing) add(m *ast.Module, a *ast.Annotations, of ast.Node, name string) {
	if !t.done[name] {
		t.done[name] = true
		m.Annotations = append(m.Annotations, a.Copy(of))
	}
}

// schema says that what a path names has the shape of that name.
func (t *typing) schema(path ast.Ref, name string, s *schema) *ast.SchemaAnnotation {
	ref := ast.SchemaRootRef.Append(ast.StringTerm(name))
	t.set.Put(ref, t.plain(s))
	return &ast.SchemaAnnotation{Path: path, Schema: ref}
}

// plain is a schema as OPA takes it: x-keys are the names that they stand for, and an object that may have others names none.
func (d *declarations) plain(s *schema) any {
	out, names := map[string]any{}, map[string]any{}
	if s.Type != "" {
		out["type"] = s.Type
	}
	if s.Type == "array" && s.Items != nil {
		out["items"] = d.plain(s.Items)
	}
	if _, open := s.rest(); open {
		return out
	}
	if s.Type == "object" && s.XKeys != "" {
		for _, k := range d.named(s) {
			names[k] = d.plain(cmp.Or(s.Items, &schema{}))
		}
	}
	for name, p := range s.Properties {
		names[name] = d.plain(p)
	}
	if len(names) > 0 {
		out["properties"] = names
	}
	return out
}

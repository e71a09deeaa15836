package evaluator

import (
	"errors"
	"path"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
)

// source is a pack that was read and parsed.
type source struct {
	files   Files
	modules map[string]*ast.Module // by file, tests included
	data    *value
}

// rules are the modules that are no tests.
func (s *source) rules() map[string]*ast.Module {
	out := map[string]*ast.Module{}
	for name, m := range s.modules {
		if !isTest(name) {
			out[name] = m
		}
	}
	return out
}

// read is the first gate.
func read(files Files, g *gate) *source {
	s := &source{files: files, modules: map[string]*ast.Module{}, data: &value{place: place{"data.yaml", 1, 0}, fields: map[string]*value{}}}
	layers := files.layers()
	patches := map[string]*value{}
	for _, l := range layers {
		patches[l] = &value{fields: map[string]*value{}}
	}
	for _, name := range files.names() {
		layer, inner := within(name, layers)
		to := s.data
		if layer != "" {
			to = patches[layer]
		}
		s.add(name, inner, to, g)
	}
	for _, l := range layers {
		s.data.patch(patches[l], "data", g)
	}
	if len(s.modules) == 0 && len(g.list) == 0 {
		g.errorf(place{}, "the pack has no .rego file")
	}
	s.untested(g)
	return s
}

// add reads a file that is inner in its layer; its data goes there.
func (s *source) add(name, inner string, to *value, g *gate) {
	switch {
	case isRego(inner):
		s.parse(name, g)
	case isData(inner):
		to.load(name, inner, s.files[name], g)
	case path.Ext(inner) == ".yaml" || path.Ext(inner) == ".yml" || path.Ext(inner) == ".json":
		g.warnf(place{file: name}, "is not read: data stands in files named data.yaml")
	}
}

func (s *source) parse(name string, g *gate) {
	m, err := ast.ParseModuleWithOpts(name, string(s.files[name]), ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1})
	if err != nil {
		compileErrors(oneEachLine(err), place{file: name}, g)
	} else if m == nil {
		g.errorf(place{file: name}, "is empty")
	} else {
		s.modules[name] = m
	}
}

// untested warns of rules without a test beside them.
func (s *source) untested(g *gate) {
	tested := map[string]bool{}
	for name := range s.modules {
		if isTest(name) {
			tested[path.Dir(name)] = true
		}
	}
	for name, m := range s.modules {
		if !isTest(name) && len(m.Rules) > 0 && !tested[path.Dir(name)] {
			g.warnf(place{file: name}, "no _test.rego stands beside these rules")
		}
	}
}

// oneEachLine leaves the longest of the errors that the parser tells of a line: the others say the same, less clearly.
func oneEachLine(err error) error {
	var list, out ast.Errors
	if !errors.As(err, &list) {
		return err
	}
	for _, e := range list {
		i := slices.IndexFunc(out, func(o *ast.Error) bool { return located(o.Location).line == located(e.Location).line })
		if i < 0 {
			out = append(out, e)
		} else if len(e.Message) > len(out[i].Message) {
			out[i] = e
		}
	}
	return out
}

// compileErrors takes over what OPA's parser or compiler says, with its places.
func compileErrors(err error, at place, g *gate) {
	var list ast.Errors
	if !errors.As(err, &list) {
		var one *ast.Error
		if !errors.As(err, &one) {
			g.errorf(at, "%v", err)
			return
		}
		list = ast.Errors{one}
	}
	for _, e := range list {
		here := at
		if e.Location != nil {
			here = located(e.Location)
		}
		g.errorf(here, "%s", builtinHint(e.Message))
	}
}

func located(l *ast.Location) place {
	if l == nil {
		return place{}
	}
	return place{l.File, l.Row, l.Col}
}

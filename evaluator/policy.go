package evaluator

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"statemanager/engine"
)

// Policy is a pack that has passed the gates. It is immutable and safe for concurrent use.
type Policy struct {
	revision  string
	files     Files
	tables    *engine.Pack
	sentences map[string]string // of reasons, by code
	queries   []*query          // in the order of entrypoints
	compiler  *ast.Compiler
	store     storage.Store
	txn       storage.Transaction  // reads; nothing ever writes
	places    map[int]engine.Place // of the rules, by their numbers
	rules     map[engine.Place]string
	words     map[engine.Place][]string // what a rule that adds to a set stands for: its name and what it adds
}

// query is an entrypoint of a pack, ready to be asked.
type query struct {
	*entrypoint
	plan     *plan
	body     ast.Body
	compiled ast.QueryCompiler
}

// Revision is the digest of the pack's files.
func (p *Policy) Revision() string { return p.revision }

// Tables are the pack's tables as the engine takes them.
func (p *Policy) Tables() *engine.Pack { return p.tables }

// Files are the files that the policy was made of; they must not be changed.
func (p *Policy) Files() Files { return p.files }

// answerVar is the variable of a query that its answer is bound to.
const answerVar = ast.Var("answer")

// newPolicy makes the queries of a pack that was compiled.
func newPolicy(s *source, d *declarations, tables *engine.Pack, comp *ast.Compiler) (*Policy, error) {
	p := &Policy{revision: tables.Revision, files: s.files, tables: tables, sentences: map[string]string{}, compiler: comp, words: ruleWords(comp)}
	p.places, p.rules = rulePlaces(comp)
	for code, v := range s.data.at("reasons").rowsByName() {
		if text, ok := v.scalar.(string); ok {
			p.sentences[code] = text
		}
	}
	var err error
	if p.store, err = s.data.store(); err != nil {
		return nil, err
	}
	if p.txn, err = p.store.NewTransaction(context.Background()); err != nil {
		return nil, fmt.Errorf("open data: %w", err)
	}
	for _, e := range entrypoints {
		q := &query{entrypoint: e}
		if q.plan, err = newPlan(e, d, tables); err != nil {
			return nil, err
		}
		q.compiled = comp.QueryCompiler()
		if q.body, err = q.compiled.Compile(ast.MustParseBody(string(answerVar) + " = data." + e.path())); err != nil {
			return nil, fmt.Errorf("compile query %s: %w", e.name, err)
		}
		p.queries = append(p.queries, q)
	}
	return p, nil
}

// store holds the data as rules read it.
func (v *value) store() (storage.Store, error) {
	data, err := ast.InterfaceToValue(v.plain())
	if err != nil {
		return nil, fmt.Errorf("read data: %w", err)
	}
	return inmem.NewFromASTObject(data.(ast.Object)), nil
}

func (v *value) rowsByName() map[string]*value {
	if v == nil {
		return nil
	}
	return v.fields
}

// numberLabel is the label by which OPA's tracker of evaluated rules tells us which they were. Labels cost a tenth of what
// a tracer does: only rules that hold are told, and each once.
const numberLabel = "rule"

// labelRules gives each rule a label with its number, and nothing else: the tracker goes through all annotations that
// concern a rule. It is a stage of the compiler, so the modules are its own copies.
func labelRules(comp *ast.Compiler) *ast.Error {
	n := 0
	for _, m := range comp.Modules {
		m.Annotations = nil
		ast.WalkRules(m, func(r *ast.Rule) bool {
			label := &ast.Annotations{Scope: "rule", Location: r.Location, Labels: map[string]any{numberLabel: n}}
			m.Annotations = append(m.Annotations, label.Copy(r))
			n++
			return false
		})
	}
	return nil
}

func eachRule(comp *ast.Compiler, visit func(*ast.Rule)) {
	for _, m := range comp.Modules {
		ast.WalkRules(m, func(r *ast.Rule) bool {
			visit(r)
			return false
		})
	}
}

func placeOf(r *ast.Rule) engine.Place {
	return engine.Place{File: r.Location.File, Line: r.Location.Row}
}

// rulePlaces are the places of the rules by their numbers, and their names by their places.
func rulePlaces(comp *ast.Compiler) (places map[int]engine.Place, names map[engine.Place]string) {
	places, names = map[int]engine.Place{}, map[engine.Place]string{}
	eachRule(comp, func(r *ast.Rule) {
		at := placeOf(r)
		names[at] = strings.TrimPrefix(r.Ref().GroundPrefix().String(), "data.")
		for _, a := range comp.GetAnnotationSet().GetRuleScope(r) {
			places[a.Labels[numberLabel].(int)] = at
		}
	})
	return places, names
}

// fired are the places of the rules that a query's tracker has seen, sorted.
func (p *Policy) fired(labels []map[string]any) []engine.Place {
	out := make([]engine.Place, 0, len(labels))
	for _, l := range labels {
		n, _ := l[numberLabel].(int)
		out = append(out, p.places[n])
	}
	slices.SortFunc(out, comparePlaces)
	return slices.Compact(out)
}

func comparePlaces(a, b engine.Place) int {
	if c := strings.Compare(a.File, b.File); c != 0 {
		return c
	}
	return a.Line - b.Line
}

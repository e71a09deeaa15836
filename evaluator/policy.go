package evaluator

import (
	"context"
	"fmt"
	"slices"
	"strconv"
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
	txn       storage.Transaction // reads; nothing ever writes
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
	p := &Policy{revision: tables.Revision, files: s.files, tables: tables, sentences: map[string]string{}, compiler: comp, rules: rulePlaces(comp), words: ruleWords(comp)}
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

// placeLabel is the label by which OPA's tracker of evaluated rules tells us where a rule stands. Labels cost a tenth of
// what a tracer does: only rules that hold are told, and each once.
const placeLabel = "statemanager.place"

// labelPlaces gives each rule a label with its place. It is a stage of the compiler, so the modules are its own copies.
func labelPlaces(comp *ast.Compiler) *ast.Error {
	for _, m := range comp.Modules {
		ast.WalkRules(m, func(r *ast.Rule) bool {
			label := &ast.Annotations{Scope: "rule", Location: r.Location, Labels: map[string]any{placeLabel: placeOf(r).String()}}
			m.Annotations = append(m.Annotations, label.Copy(r))
			return false
		})
	}
	return nil
}

func placeOf(r *ast.Rule) engine.Place {
	return engine.Place{File: r.Location.File, Line: r.Location.Row}
}

// rulePlaces names the rules by their places.
func rulePlaces(comp *ast.Compiler) map[engine.Place]string {
	out := map[engine.Place]string{}
	for _, m := range comp.Modules {
		ast.WalkRules(m, func(r *ast.Rule) bool {
			out[placeOf(r)] = strings.TrimPrefix(r.Ref().GroundPrefix().String(), "data.")
			return false
		})
	}
	return out
}

// fired are the places of the rules that a query's tracker has seen, sorted.
func fired(labels []map[string]any) (out []engine.Place) {
	for _, l := range labels {
		text, _ := l[placeLabel].(string)
		file, line, _ := cutLast(text, ":")
		if n, err := strconv.Atoi(line); err == nil {
			out = append(out, engine.Place{File: file, Line: n})
		}
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

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

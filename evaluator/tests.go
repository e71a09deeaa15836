package evaluator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"
)

// testLimit bounds all tests of a pack together.
const testLimit = time.Minute

// compileTests compiles rules and tests together, as the runner will: what a test gets wrong is told with the rest.
func compileTests(s *source, g *gate) {
	comp := ast.NewCompiler().WithCapabilities(capabilities(true)).WithEnablePrintStatements(true)
	if comp.Compile(s.modules); comp.Failed() {
		compileErrors(comp.Errors, place{}, g)
	}
}

// runTests runs the pack's own tests: those of the pack itself on it alone, so that no layer can break them, and those of
// its layers on the whole.
func runTests(ctx context.Context, p *Policy, g *gate, r *Report) {
	ctx, cancel := context.WithTimeoutCause(ctx, testLimit, fmt.Errorf("the pack's tests take more than %v", testLimit))
	defer cancel()
	whole := read(p.files, &gate{})
	if whole.files.layers() != nil {
		read(p.files.base(), &gate{}).runTests(ctx, g, r)
		whole.dropTests()
	}
	whole.runTests(ctx, g, r)
	if ctx.Err() != nil {
		g.errorf(place{}, "%v", context.Cause(ctx))
	} else if r.Tests == 0 {
		g.warnf(place{}, "the pack has no tests")
	}
}

// dropTests takes the pack's own tests out, but not what they have in common: a layer's tests may use that.
func (s *source) dropTests() {
	layers := s.files.layers()
	for name, m := range s.modules {
		if layer, _ := within(name, layers); layer == "" && isTest(name) {
			m.Rules = slices.DeleteFunc(m.Rules, func(r *ast.Rule) bool {
				head := refNames(r.Head.Ref())[0]
				return strings.HasPrefix(head, tester.TestPrefix) || strings.HasPrefix(head, tester.SkipTestPrefix)
			})
		}
	}
}

func (s *source) runTests(ctx context.Context, g *gate, r *Report) {
	store, err := s.data.store()
	if err != nil {
		g.errorf(place{}, "%v", err)
		return
	}
	txn, err := store.NewTransaction(ctx)
	if err != nil {
		g.errorf(place{}, "open data: %v", err)
		return
	}
	defer store.Abort(ctx, txn)
	runner := tester.NewRunner().
		SetCompiler(ast.NewCompiler().WithCapabilities(capabilities(true)).WithEnablePrintStatements(true)).
		SetStore(store).SetModules(s.modules).SetTimeout(testLimit).CapturePrintOutput(true).RaiseBuiltinErrors(true)
	results, err := runner.RunTests(ctx, txn)
	if err != nil {
		compileErrors(err, place{}, g)
		return
	}
	for t := range results {
		r.note(t, g)
	}
}

// note counts a result as stock opa does: a table of cases is as many tests.
func (r *Report) note(t *tester.Result, g *gate) {
	at := located(t.Location)
	n := cases(t)
	r.Tests += n
	switch {
	case t.Skip:
		r.Skipped += n
		g.warnf(at, "%s is skipped", t.Name)
	case t.Error != nil:
		g.errorf(at, "%s: %v", t.Name, t.Error)
	case t.Fail:
		g.errorf(at, "%s fails%s", t.Name, failedCases(t))
	default:
		r.Passed += n
	}
}

// cases are the cases of a test, or the one that it is.
func cases(t *tester.Result) (n int) {
	for _, sub := range t.SubResults.Iter {
		if len(sub.SubResults) == 0 {
			n++
		}
	}
	return max(n, 1)
}

// failedCases names the cases of a table that fail, and shows what the test printed.
func failedCases(t *tester.Result) (text string) {
	var names []string
	for name, sub := range t.SubResults.Iter {
		if sub.Fail && len(sub.SubResults) == 0 {
			names = append(names, strings.Join(name, "/"))
		}
	}
	if slices.Sort(names); len(names) > 0 {
		text = " in " + strings.Join(names, ", ")
	}
	if out := strings.TrimSpace(string(t.Output)); out != "" {
		text += ": " + out
	}
	return text
}

package evaluator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/tester"

	"statemanager/engine"
)

// Check takes the files of a pack through all gates, in order, and stops at the first that finds an error. The Policy is
// nil unless the report is OK. It changes nothing but what it returns; it takes some tenths of a second of CPU.
func Check(ctx context.Context, f Files) (p *Policy, r Report) {
	start := time.Now()
	r.Revision = f.Digest()
	defer func() {
		if x := recover(); x != nil { // a pack must never end the daemon
			p = nil
			r.Problems = append(r.Problems, Problem{Severity: SeverityError, Gate: GateCompile, Text: fmt.Sprintf("checking panicked: %v", x)})
		}
		r.Took = time.Since(start)
	}()
	if p = load(f, &r); p == nil {
		return nil, r
	}
	questions := &gate{name: GateQuestions}
	p.askGenerated(ctx, questions)
	if !questions.close(&r) {
		return nil, r
	}
	tests := &gate{name: GateTests}
	runTests(ctx, p, tests, &r)
	if !tests.close(&r) {
		return nil, r
	}
	return p, r
}

// load is the gates before the questions, and asks what each phase allows: what it returns can be asked. Nil if it found
// an error.
func load(f Files, r *Report) *Policy {
	reading := &gate{name: GateRead}
	s := read(f, reading)
	if !reading.close(r) {
		return nil
	}
	facts, data := &gate{name: GateFacts}, &gate{name: GateData}
	d := declare(s, facts)
	missing := &gate{name: GateData}
	if d.checkMissing(missing); !missing.close(r) {
		facts.close(r) // of the declarations
		return nil
	}
	comp := compile(s, newRuleCheck(d, facts).stage())
	compiling := &gate{name: GateCompile}
	if comp.Failed() {
		compileErrors(comp.Errors, place{}, compiling)
	} else {
		compileTests(s, compiling)
		checkReached(comp, compiling)
	}
	d.checkFacts(facts)
	d.checkData(data)
	var tables *engine.Pack
	if !slices.ContainsFunc(data.list, isError) {
		tables = readTables(r.Revision, d, data)
	}
	ok := []bool{compiling.close(r), facts.close(r), data.close(r)}
	if slices.Contains(ok, false) {
		return nil
	}
	asking := &gate{name: GateQuestions}
	p, err := newPolicy(s, d, tables, comp)
	if err != nil {
		asking.errorf(place{}, "%v", err)
	} else {
		p.fillAllowed(asking)
	}
	if !asking.close(r) {
		return nil
	}
	return p
}

// compile compiles the rules without their tests.
func compile(s *source, check ast.CompilerStageDefinition) *ast.Compiler {
	comp := ast.NewCompiler().WithCapabilities(capabilities(false)).
		WithStageAfterID(ast.StageResolveRefs, check).
		WithStageAfterID(ast.StageParseMetadataBlocks, ast.CompilerStageDefinition{Name: "LabelRules", MetricName: "label_rules", Stage: labelRules})
	comp.Compile(s.rules())
	return comp
}

// checkReached finds entrypoints that have no rule, and rules that no entrypoint reads: their names are mistyped.
func checkReached(comp *ast.Compiler, g *gate) {
	seen := map[*ast.Rule]bool{}
	var visit func(r *ast.Rule)
	visit = func(r *ast.Rule) {
		if seen[r] {
			return
		}
		seen[r] = true
		if r.Else != nil {
			visit(r.Else)
		}
		for dep := range comp.Graph.Dependencies(r) {
			if d, ok := dep.(*ast.Rule); ok {
				visit(d)
			}
		}
	}
	for _, e := range entrypoints {
		rules := comp.GetRulesExact(ast.MustParseRef("data." + e.path()))
		if len(rules) == 0 {
			g.errorf(packagePlace(comp, e.pkg()), "the pack has no rule %s, which the daemon asks", e.path())
		}
		for _, r := range rules {
			visit(r)
		}
	}
	eachRule(comp, func(r *ast.Rule) {
		if slices.ContainsFunc(r.Annotations, func(a *ast.Annotations) bool { return a.Entrypoint }) {
			visit(r)
		}
	})
	for _, name := range slices.Sorted(maps.Keys(comp.Modules)) {
		for _, r := range comp.Modules[name].Rules {
			if !seen[r] {
				name := strings.Join(refNames(r.Head.Ref()), ".")
				hint := suggest(refNames(r.Head.Ref())[0], readNames(seen, r))
				if strings.HasPrefix(name, tester.TestPrefix) {
					hint = "; a test stands in a file named *_test.rego"
				}
				g.errorf(located(r.Location), "no question reads the rule %s%s", name, hint)
			}
		}
	}
}

// packagePlace is where the first file of a package begins.
func packagePlace(comp *ast.Compiler, pkg string) place {
	for _, name := range slices.Sorted(maps.Keys(comp.Modules)) {
		if m := comp.Modules[name]; packageName(m.Package) == pkg {
			return located(m.Package.Location)
		}
	}
	return place{}
}

// readNames are the names of rules of the same package that are read.
func readNames(seen map[*ast.Rule]bool, like *ast.Rule) (out []string) {
	for r := range seen {
		if r.Module.Package.Equal(like.Module.Package) {
			out = append(out, refNames(r.Head.Ref())[0])
		}
	}
	return out
}

// fillAllowed asks what each phase allows; the engine holds every answer against it.
func (p *Policy) fillAllowed(g *gate) {
	p.tables.Allowed = map[engine.Phase]map[engine.ActionKind]bool{}
	for _, phase := range engine.Phases {
		q, vector, err := p.encode(engine.AllowedFacts{Phase: phase})
		if err != nil {
			g.errorf(place{}, "%s: %v", engine.Entrypoint(engine.AllowedFacts{}), err)
			return
		}
		a, _, rules, err := p.ask(q, vector, gateLimit)
		if err != nil {
			g.errorf(p.blame(q, rules), "%s: %v, when input.phase is %q", q.name, err, phase)
			return
		}
		p.tables.Allowed[phase] = map[engine.ActionKind]bool{}
		for _, k := range a.(engine.AllowedAnswer).Actions {
			p.tables.Allowed[phase][k] = true
		}
	}
}

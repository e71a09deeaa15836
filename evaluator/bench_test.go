package evaluator

import (
	"context"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"

	"statemanager/engine"
)

// BenchmarkDecide compares decisions that are not cached with what stock OPA takes for the same rules on an input that
// is there already. vs-opa is the ratio; both are measured in turns, so that a busy machine disturbs both alike.
func BenchmarkDecide(b *testing.B) {
	p := benchPolicy(b)
	for name, facts := range map[string]any{"recovery": crash(p), "dispatch": engine.DispatchFacts{
		Common: common(p), Action: engine.Restart, AskedBy: engine.ByPlan, Unwell: "all", Dependencies: "all_well",
		BudgetService: "left", BudgetNode: "left", BudgetGroup: "left", BudgetCell: "left", GroupHealth: "left",
	}} {
		b.Run(name, func(b *testing.B) { benchCold(b, p, facts) })
	}
}

func benchCold(b *testing.B, p *Policy, facts any) {
	q, vector, err := p.encode(facts)
	if err != nil {
		b.Fatal(err)
	}
	raw := rawOPA(b, p, q)
	input := q.plan.terms(vector).Value
	var ours, theirs time.Duration
	for b.Loop() {
		start := time.Now()
		_, vector, _ := p.encode(facts)
		if _, _, _, err := p.ask(q, vector, CPULimit(cpuLimit, wallLimit)); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if rs, err := raw.Eval(context.Background(), rego.EvalParsedInput(input)); err != nil || len(rs) != 1 {
			b.Fatal(err)
		}
		ours, theirs = ours+between.Sub(start), theirs+time.Since(between)
	}
	b.ReportMetric(float64(ours.Nanoseconds())/float64(b.N), "ours-ns")
	b.ReportMetric(float64(ours)/float64(theirs), "vs-opa")
}

// BenchmarkCached is the price of a question that was asked before.
func BenchmarkCached(b *testing.B) {
	p := benchPolicy(b)
	e := serve(p)
	q := engine.Question{Revision: p.Revision(), Facts: crash(p)}
	b.ReportAllocs()
	for b.Loop() {
		e.Decide(q)
	}
}

// BenchmarkCheck is the price of all gates.
func BenchmarkCheck(b *testing.B) {
	f := pack(nil)
	for b.Loop() {
		if p, r := Check(b.Context(), f); p == nil {
			b.Fatal(r.Err())
		}
	}
}

func benchPolicy(b *testing.B) *Policy {
	f := pack(nil)
	r := Report{Revision: f.Digest()}
	p := load(f, &r)
	if p == nil {
		b.Fatal(r.Err())
	}
	return p
}

// rawOPA is the plain prepared query of the same rules, compiled by themselves.
func rawOPA(b *testing.B, p *Policy, q *query) rego.PreparedEvalQuery {
	s := read(p.files, &gate{})
	comp := ast.NewCompiler()
	comp.Compile(s.rules())
	raw, err := rego.New(rego.Compiler(comp), rego.Query("data."+q.path()),
		rego.Store(inmem.NewFromObjectWithOpts(s.data.plain().(map[string]any), inmem.OptReturnASTValuesOnRead(true)))).PrepareForEval(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return raw
}

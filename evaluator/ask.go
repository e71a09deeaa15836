package evaluator

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/topdown"

	"statemanager/engine"
)

// errTimeout is the cause of a fail-safe answer when the bound was reached.
var errTimeout = errors.New("evaluation took too long")

// ask evaluates an entrypoint for a vector. The rules that held are told with an error too.
func (p *Policy) ask(q *query, vector []byte, bound Bound) (answer any, reasons []engine.Reason, rules []engine.Place, err error) {
	v, rules, err := p.eval(q, q.plan.terms(vector), bound)
	if err == nil {
		answer, reasons, err = p.decode(q.entrypoint, v)
	}
	return answer, reasons, rules, err
}

// eval runs the query on an input. It never panics.
func (p *Policy) eval(q *query, input *ast.Term, bound Bound) (v ast.Value, rules []engine.Place, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("evaluation panicked: %v", x)
		}
	}()
	limit := bound()
	defer limit.Stop()
	tracker := &topdown.EvaluatedRuleTracker{}
	err = topdown.NewQuery(q.body).
		WithQueryCompiler(q.compiled).WithCompiler(p.compiler).WithStore(p.store).WithTransaction(p.txn).
		WithInput(input).WithMetrics(metrics.NoOp()).WithCancel(cancellation{limit}).WithStrictBuiltinErrors(true).WithStackTraces(true).WithEvaluatedRuleTracker(tracker).
		Iter(context.Background(), func(r topdown.QueryResult) error {
			v = r[answerVar].Value
			return nil
		})
	rules = p.fired(tracker.Labels)
	switch {
	case err != nil:
		return nil, rules, p.explain(err, rules)
	case v == nil:
		return nil, rules, errors.New("no rule answers for these facts")
	}
	return v, rules, nil
}

// explain says in the pack's terms what stopped an evaluation, and where.
func (p *Policy) explain(err error, rules []engine.Place) error {
	var e *topdown.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case topdown.IsCancel(err):
		return fmt.Errorf("%s%w", errorPlace(e), errTimeout)
	case e.Code == topdown.ConflictErr && e.Location != nil:
		return p.conflict(e, rules)
	}
	return fmt.Errorf("%s%s", errorPlace(e), firstLine(e.Message))
}

// errorPlace is where an evaluation was when it stopped, as the start of a message.
func errorPlace(e *topdown.Error) string {
	locations := []*ast.Location{}
	for _, f := range e.StackTrace {
		locations = append(locations, f.Location)
	}
	for _, l := range append(locations, e.Location) {
		if l != nil && l.File != "" {
			return engine.Place{File: l.File, Line: l.Row}.String() + ": "
		}
	}
	return ""
}

// conflict names the rules that gave different values: those of one name that held.
func (p *Policy) conflict(e *topdown.Error, rules []engine.Place) error {
	at := engine.Place{File: e.Location.File, Line: e.Location.Row}
	var rivals []string
	for _, r := range rules {
		if p.rules[r] == p.rules[at] {
			rivals = append(rivals, r.String())
		}
	}
	if len(rivals) < 2 {
		return fmt.Errorf("%v: %s", at, strings.TrimSuffix(firstLine(e.Message), ":"))
	}
	_, name, _ := strings.Cut(strings.TrimPrefix(p.rules[at], prefix+"."), ".")
	return fmt.Errorf("%s has different values in %s", name, strings.Join(rivals, " and "))
}

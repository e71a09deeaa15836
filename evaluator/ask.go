package evaluator

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"

	"statemanager/engine"
)

// Bound limits one evaluation: it is told how to cancel it before it starts, and calls of stop follow when it has ended.
// It may cancel from another goroutine.
type Bound func(cancel func()) (stop func())

// WallLimit bounds an evaluation by time on the clock.
func WallLimit(d time.Duration) Bound {
	return func(cancel func()) func() {
		t := time.AfterFunc(d, cancel)
		return func() { t.Stop() }
	}
}

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
	cancel := topdown.NewCancel()
	stop := bound(cancel.Cancel)
	defer stop()
	tracker := &topdown.EvaluatedRuleTracker{}
	err = topdown.NewQuery(q.body).
		WithQueryCompiler(q.compiled).WithCompiler(p.compiler).WithStore(p.store).WithTransaction(p.txn).
		WithInput(input).WithCancel(cancel).WithStrictBuiltinErrors(true).WithStackTraces(true).WithEvaluatedRuleTracker(tracker).
		Iter(context.Background(), func(r topdown.QueryResult) error {
			v = r[answerVar].Value
			return nil
		})
	rules = fired(tracker.Labels)
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
	at := errorPlace(e)
	switch {
	case topdown.IsCancel(err):
		return fmt.Errorf("%v%w", at, errTimeout)
	case e.Code == topdown.ConflictErr:
		return fmt.Errorf("%vconflict: %s%s", at, e.Message, p.rivals(e, rules))
	}
	return fmt.Errorf("%v%s", at, e.Message)
}

// errorPlace is where an evaluation was when it stopped, as the start of a message.
func errorPlace(e *topdown.Error) string {
	for _, f := range e.StackTrace {
		if f.Location != nil && f.Location.File != "" {
			return engine.Place{File: f.Location.File, Line: f.Location.Row}.String() + ": "
		}
	}
	if e.Location != nil && e.Location.File != "" {
		return engine.Place{File: e.Location.File, Line: e.Location.Row}.String() + ": "
	}
	return ""
}

// rivals are the rules of the same name that held besides the one where a conflict was seen.
func (p *Policy) rivals(e *topdown.Error, rules []engine.Place) string {
	if e.Location == nil {
		return ""
	}
	at := engine.Place{File: e.Location.File, Line: e.Location.Row}
	var out []string
	for _, r := range rules {
		if r != at && p.rules[r] == p.rules[at] {
			out = append(out, r.String())
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " (with " + strings.Join(out, ", ") + ")"
}

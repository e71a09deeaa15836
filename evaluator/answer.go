package evaluator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"statemanager/engine"
)

// answer reads the object that an entrypoint gave, strictly: a field that is missing, unknown or of another type is an
// error. The first one is kept, so that what reads an answer needs no checks of its own.
type answer struct {
	policy *Policy
	obj    ast.Object
	read   int // fields that were there and were asked for
	err    error
}

func (a *answer) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf(format, args...)
	}
}

// has gets a field if it is there.
func (a *answer) has(name string) (ast.Value, bool) {
	t := a.obj.Get(ast.InternedTerm(name))
	if t == nil {
		return nil, false
	}
	a.read++
	return t.Value, true
}

func (a *answer) get(name string) ast.Value {
	v, ok := a.has(name)
	if !ok {
		a.fail("the answer has no %s", name)
	}
	return v
}

func (a *answer) flag(name string) bool {
	v := a.get(name)
	b, ok := v.(ast.Boolean)
	if v != nil && !ok {
		a.fail("%s is %v, not true or false", name, v)
	}
	return bool(b)
}

func (a *answer) integer(name string, low, high int) int {
	v := a.get(name)
	n, ok := v.(ast.Number)
	i, whole := n.Int()
	if v != nil && (!ok || !whole || i < low || i > high) {
		a.fail("%s is %v, not a whole number from %d to %d", name, v, low, high)
	}
	return i
}

// word is a string of which the kind says what it must be.
func (a *answer) word(name, kind string, known func(string) bool) string {
	v := a.get(name)
	s, ok := v.(ast.String)
	if v != nil && (!ok || !known(string(s))) {
		a.fail("%s is %v, which is no %s", name, v, kind)
	}
	return string(s)
}

// length is a length of time.
func (a *answer) length(name string) time.Duration { return a.parsed(name, a.get(name)) }

func (a *answer) parsed(name string, v ast.Value) time.Duration {
	s, _ := v.(ast.String)
	d, err := time.ParseDuration(string(s))
	if v != nil && (err != nil || d < 0) {
		a.fail("%s is %v, not %s", name, v, aDuration)
	}
	return d
}

// list visits the elements of an array, in their order.
func (a *answer) list(name string, visit func(ast.Value)) {
	v := a.get(name)
	array, ok := v.(*ast.Array)
	if v != nil && !ok {
		a.fail("%s is %v, not an array", name, v)
	}
	if ok {
		array.Foreach(func(t *ast.Term) { visit(t.Value) })
	}
}

// set is an array or a set of words, sorted.
func (a *answer) set(name, kind string, known func(string) bool) (out []string) {
	members(a.get(name), func(t *ast.Term) {
		s, ok := t.Value.(ast.String)
		if !ok || !known(string(s)) {
			a.fail("%s has %v, which is no %s", name, t, kind)
		}
		out = append(out, string(s))
	}, func(v ast.Value) { a.fail("%s is %v, not an array or a set", name, v) })
	slices.Sort(out)
	return slices.Compact(out)
}

// members visits an array or a set; bad is told of anything else, absence apart.
func members(v ast.Value, visit func(*ast.Term), bad func(ast.Value)) {
	switch v := v.(type) {
	case nil:
	case *ast.Array:
		v.Foreach(visit)
	case ast.Set:
		v.Foreach(visit)
	default:
		bad(v)
	}
}

// done refuses fields that nobody has asked for.
func (a *answer) done() {
	if a.err != nil || a.read == a.obj.Len() {
		return
	}
	a.fail("the answer has fields that belong to no answer of this question: %v", a.obj)
}

func (a *answer) row(s string) bool   { return a.policy.tables.Row(engine.ActionKind(s)) != nil }
func (a *answer) issue(s string) bool { return slices.Contains(a.policy.tables.Issues, s) }

// planned and recovering are the actions that plans, and recovery, may ask for.
func (a *answer) planned(s string) bool    { return a.askedFor(s, engine.ByPlan) }
func (a *answer) recovering(s string) bool { return a.askedFor(s, engine.ByRecovery) }

func (a *answer) askedFor(s string, by engine.By) bool {
	r := a.policy.tables.Row(engine.ActionKind(s))
	return r != nil && r.AskedFor(by)
}

func isPhase(s string) bool { return slices.Contains(engine.Phases, engine.Phase(s)) }

func oneOf(words ...string) func(string) bool {
	return func(s string) bool { return slices.Contains(words, s) }
}

func kinds(names []string) []engine.ActionKind {
	out := make([]engine.ActionKind, len(names))
	for i, n := range names {
		out[i] = engine.ActionKind(n)
	}
	return out
}

func decodePlan(a *answer) (p engine.PlanAnswer) {
	p.Priority, p.Critical = a.integer("priority", 0, 9), a.flag("critical")
	if _, ok := a.has("issue"); ok {
		a.read--
		p.Issue = a.word("issue", "key of data.issues", a.issue)
		return p // with actions beside it, done refuses it
	}
	p.Actions = kinds(a.set("actions", "action that a plan may ask for", a.planned))
	return p
}

func decodeTransition(a *answer) (t engine.TransitionAnswer) {
	if t.Allow = a.flag("allow"); t.Allow {
		t.To = engine.Phase(a.word("to", "phase", isPhase))
	}
	return t
}

func decodeAllowed(a *answer) engine.AllowedAnswer {
	return engine.AllowedAnswer{Actions: kinds(a.set("actions", "key of data.actions", a.row))}
}

func decodeRecovery(a *answer) (r engine.RecoveryAnswer) {
	r.Action = engine.ActionKind(a.word("action", "action that recovery may ask for, wait or give_up", func(s string) bool {
		return a.recovering(s) || s == string(engine.Wait) || s == string(engine.GiveUp)
	}))
	if v, ok := a.has("after"); ok {
		r.After = a.parsed("after", v)
	}
	if _, ok := a.has("scope"); ok {
		a.read--
		r.Scope = a.word("scope", "scope: unwell or all", oneOf("unwell", "all"))
	}
	return r
}

func decodePlacement(a *answer) (p engine.PlacementAnswer) {
	if _, ok := a.has("unfit"); ok {
		a.read--
		p.Unfit = a.flag("unfit")
	}
	if !p.Unfit {
		p.Score = a.integer("score", 0, 100)
	}
	return p
}

func decodeStability(a *answer) engine.StabilityAnswer {
	return engine.StabilityAnswer{Issues: a.set("issues", "key of data.issues", a.issue)}
}

func decodeDispatch(a *answer) engine.DispatchAnswer {
	return engine.DispatchAnswer{Run: a.word("verdict", "verdict: run or defer", oneOf("run", "defer")) == "run"}
}

func decodeStrategy(a *answer) (s engine.StrategyAnswer) {
	a.list("actions", func(v ast.Value) {
		k, _ := v.(ast.String)
		if !a.recovering(string(k)) {
			a.fail("actions has %v, which is no action that recovery may ask for", v)
		}
		s.Actions = append(s.Actions, engine.ActionKind(k))
	})
	a.list("backoff", func(v ast.Value) { s.Backoff = append(s.Backoff, a.parsed("backoff", v)) })
	s.MaxRetryCount = a.integer("max_retry_count", 0, maxRungs)
	s.BackoffDelay = a.length("backoff_delay")
	s.EscalationThreshold = a.integer("escalation_threshold", 0, maxRungs)
	return s
}

// maxRungs is how long a strategy can be.
const maxRungs = 1000

var errNoObject = errors.New("the answer is no object")

// decode reads the answer of an entrypoint with its reasons.
func (p *Policy) decode(e *entrypoint, v ast.Value) (any, []engine.Reason, error) {
	obj, ok := v.(ast.Object)
	if !ok {
		return nil, nil, fmt.Errorf("%w: %v", errNoObject, v)
	}
	a := &answer{policy: p, obj: obj}
	out := e.decode(a)
	reasons := a.reasons()
	a.done()
	return out, reasons, a.err
}

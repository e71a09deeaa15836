package evaluator

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"statemanager/engine"
)

// slow is a rule that does not end within any test, for services that crash.
var slow = file("recovery/slow.rego", `package statemanager.recovery

wait contains "all_silent" if {
	input.issue == "crash"
	some i in numbers.range(1, 100000)
	some j in numbers.range(1, 100000)
	i + j < 0
}
`)

func serve(p *Policy, opts ...Option) *Evaluator {
	e := New(opts...)
	e.Add(p)
	return e
}

func ask(e *Evaluator, p *Policy, facts any) engine.Decision {
	return e.Decide(engine.Question{Revision: p.Revision(), Facts: facts})
}

// Section 5: evaluation is bounded, the cause has a place, and nothing of it is kept.
func TestSlowPolicyIsFailSafe(t *testing.T) {
	p := quick(t, slow)
	e := serve(p, WithBound(func() Limit { return new(steps) }))
	d := ask(e, p, crash(p))
	if !strings.Contains(d.FailSafe, "recovery/slow.rego:") || d.Answer != (engine.RecoveryAnswer{}) {
		t.Fatalf("got %+v", d)
	}
	if n := e.policies[p.revision].cache.len(); n != 0 {
		t.Errorf("%d decisions are kept", n)
	}
	other := crash(p)
	other.Issue = "hang"
	if d := ask(e, p, other); d.FailSafe != "" {
		t.Errorf("another issue: %s", d.FailSafe)
	}
}

// steps is a limit that is over after more steps than a good question takes, whatever the clock says.
type steps int

func (n *steps) Over() bool { *n++; return *n > 1e5 }
func (*steps) Stop()        {}

// when is a limit that is over from the first step, or never.
type when bool

func (w when) Over() bool { return bool(w) }
func (when) Stop()        {}

// Section 5: after three timeouts in a row an entrypoint and profile rests for 10 s; others are asked.
func TestRestAfterTimeouts(t *testing.T) {
	p := quick(t)
	now, asked, late := time.Unix(1000, 0), 0, true
	e := serve(p, WithClock(func() time.Time { return now }), WithBound(func() Limit {
		asked++
		return when(late)
	}))
	mine, others := crash(p), crash(p)
	others.Profile = "safety"
	step := func(facts any, wantAsked int, wantSafe bool) {
		t.Helper()
		asked = 0
		if d := ask(e, p, facts); asked != wantAsked || (d.FailSafe != "") != wantSafe {
			t.Errorf("evaluated %d times, fail-safe %q", asked, d.FailSafe)
		}
	}
	for range patience {
		step(mine, 1, true)
	}
	step(mine, 0, true)
	late = false
	step(others, 1, false)
	now = now.Add(rest - 1)
	step(mine, 0, true)
	now, late = now.Add(1), true
	step(mine, 1, true) // one more, and it rests again
	step(mine, 0, true)
	now, late = now.Add(rest), false
	step(mine, 1, false)
	late = true
	hang := crash(p)
	hang.Issue = "hang"
	step(hang, 1, true) // an answer has forgiven the others
	step(hang, 1, true)
}

// Section 5: a conflict is fail-safe, with the places of both rules.
func TestConflictNamesItsRules(t *testing.T) {
	f := pack(t, file("dispatch/own.rego", "package statemanager.dispatch\n\nverdict := {\"verdict\": \"defer\", \"reasons\": [reason(\"held\")]} if input.unwell == \"all\"\n"))
	r := Report{Revision: f.Digest()}
	p := load(f, &r)
	d := ask(serve(p), p, engine.DispatchFacts{
		Common: common(p), Action: engine.Restart, AskedBy: engine.ByPlan, Unwell: "all", Dependencies: "all_well",
		BudgetService: "left", BudgetNode: "left", BudgetGroup: "left", BudgetCell: "left", GroupHealth: "left",
	})
	for _, place := range []string{"dispatch/own.rego:3", fmt.Sprintf("dispatch/dispatch.rego:%d", lineOf(t, f, "dispatch/dispatch.rego", `} else := {"verdict": "run"`))} {
		if !strings.Contains(d.FailSafe, place) {
			t.Errorf("%s is not named: %s", place, d.FailSafe)
		}
	}
}

// Section 5: a builtin that fails is an error, not undefined.
func TestBuiltinErrorIsFailSafe(t *testing.T) {
	p := quick(t, own(`wait contains "held" if to_number(input.issue) > 1`))
	if d := ask(serve(p), p, crash(p)); !strings.HasPrefix(d.FailSafe, "recovery.decision: recovery/own.rego:3: ") {
		t.Errorf("got %q", d.FailSafe)
	}
}

func TestWhatCannotBeAskedIsFailSafe(t *testing.T) {
	p := quick(t)
	e := serve(p)
	bad := crash(p)
	bad.Issue = "boredom"
	for name, c := range map[string]struct {
		q    engine.Question
		want string
	}{
		"revision": {engine.Question{Revision: "gone", Facts: crash(p)}, "recovery.decision: no policy of revision gone"},
		"facts":    {engine.Question{Revision: p.Revision(), Facts: 7}, "int is no question"},
		"nothing":  {engine.Question{Revision: p.Revision()}, "<nil> is no question"},
		"word":     {engine.Question{Revision: p.Revision(), Facts: bad}, `recovery.decision: input.issue is "boredom"`},
	} {
		if d := e.Decide(c.q); !strings.HasPrefix(d.FailSafe, c.want) {
			t.Errorf("%s: %q", name, d.FailSafe)
		}
	}
}

// The evaluator never panics: what goes wrong inside is a cause.
func TestPanicIsFailSafe(t *testing.T) {
	p := quick(t)
	d := ask(serve(p, WithBound(func() Limit { panic("out of luck") })), p, crash(p))
	if !strings.Contains(d.FailSafe, "out of luck") {
		t.Errorf("got %q", d.FailSafe)
	}
}

// Architecture, reload: a question names its revision, and both packs answer until the old one is retired.
func TestBothPacksAnswer(t *testing.T) {
	a := policy(t, set("strategies.other", "[restart, isolate]"))
	b := policy(t, set("strategies.other", "[isolate]"))
	e := serve(a)
	var wg sync.WaitGroup
	wg.Go(func() { e.Add(b) })
	first := ask(e, a, crash(a))
	wg.Wait()
	second := ask(e, b, crash(b))
	if first.Answer.(engine.RecoveryAnswer).Action != engine.Restart || second.Answer.(engine.RecoveryAnswer).Action != engine.Isolate {
		t.Errorf("got %v and %v", first, second)
	}
	e.Retire(a.Revision())
	if ask(e, a, crash(a)).FailSafe == "" || ask(e, b, crash(b)).FailSafe != "" {
		t.Error("retiring the first must leave the second")
	}
}

// Section 5: a cached decision is the same one, and costs no allocation.
func TestCachedDecision(t *testing.T) {
	p := quick(t)
	e := serve(p)
	q := engine.Question{Revision: p.Revision(), Facts: crash(p)}
	first := e.Decide(q)
	if again := e.Decide(q); !reflect.DeepEqual(first, again) || &first.Reasons[0] != &again.Reasons[0] {
		t.Errorf("got %v, then %v", first, again)
	}
	if n := testing.AllocsPerRun(100, func() { e.Decide(q) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newCache(4)
	for i := range 100 {
		c.put(fmt.Sprint(i), &engine.Decision{})
		c.get([]byte("0")) // what is asked again and again stays
	}
	if c.len() > 5 || c.get([]byte("0")) == nil || c.get([]byte("1")) != nil {
		t.Errorf("%d are kept: %v, %v", c.len(), c.young, c.old)
	}
}

// Section 2: the input that rules see is the facts by their names, and nothing else.
func TestInputOfAVector(t *testing.T) {
	p := quick(t, replace("recovery/facts.rego", "#   - input.targets: {type: string, enum: [none, some]}\n", ""),
		replace("recovery/recovery.rego", `input.targets == "none"`, `input.last_good.version == "none"`), replace("recovery/facts.rego", "maximum: 20", "maximum: 3"), set("strategies.plan_failed", "[replan]"))
	f := crash(p)
	f.WideNode, f.LastResult = true, engine.TimedOut
	tried(p, &f, engine.Restart, 200)
	q, vector, err := p.encode(f)
	if err != nil {
		t.Fatal(err)
	}
	input := q.plan.terms(vector).Value.(ast.Object)
	for path, want := range map[string]string{
		"issue": `"crash"`, "tries/restart": "3", "tries/isolate": "0", "widespread/node": "true", "widespread/group": "false",
		"last/result": `"timed_out"`, "site/vehicle": `"other"`, "recent/spec": "false", "last_good/version": `"same"`,
	} {
		var at ast.Ref
		for _, name := range strings.Split(path, "/") {
			at = append(at, ast.StringTerm(name))
		}
		if got, err := input.Find(at); err != nil || got.String() != want {
			t.Errorf("%s is %v (%v), not %s", path, got, err, want)
		}
	}
	if input.Get(ast.StringTerm("targets")) != nil {
		t.Error("a fact that the pack does without is sent")
	}
}

func TestTimeoutIsAKindOfError(t *testing.T) {
	p := quick(t)
	q, vector, _ := p.encode(crash(p))
	_, _, _, err := p.ask(q, vector, func() Limit { return when(true) })
	if !errors.Is(err, errTimeout) {
		t.Errorf("got %v", err)
	}
}

// The engine's loop and the API ask at the same time.
func TestDecideIsConcurrent(t *testing.T) {
	p := quick(t)
	e := serve(p, WithCache(4))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, issue := range p.tables.Issues {
				f := crash(p)
				f.Issue = issue
				if d := ask(e, p, f); d.FailSafe != "" {
					t.Error(d.FailSafe)
				}
				if a := ask(e, p, engine.StrategyFacts{Profile: other, Issue: issue}).Answer.(engine.StrategyAnswer); a.MaxRetryCount != len(a.Actions) {
					t.Errorf("%s: %+v", issue, a)
				}
			}
		})
	}
	wg.Wait()
}

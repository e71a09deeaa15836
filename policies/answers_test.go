package policies_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"statemanager/engine"
)

const rounds = 180 // random questions for each fact of an entrypoint

// draw is a random question of the entrypoint with these facts.
func draw(p *pack, r *rand.Rand, facts map[string]fact) map[string]any {
	input := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		f := facts[name]
		if !f.Rows {
			put(input, name, f.value(p, r))
			continue
		}
		for _, row := range p.table(f.Keys) {
			f := f
			f.Keys = ""
			put(input, name+"."+row, f.value(p, r))
		}
	}
	return input
}

func (f fact) value(p *pack, r *rand.Rand) any {
	if f.Bool {
		return r.IntN(2) == 0
	}
	if n, err := strconv.Atoi(f.Max); err == nil {
		if r.IntN(2) == 0 {
			n = min(n, 3) // most ladders are short
		}
		return r.IntN(n + 1)
	}
	words := strings.FieldsFunc(f.Values, func(c rune) bool { return c == ',' })
	if f.Keys != "" {
		words = append(append(words, p.table(f.Keys)...), "other")
	}
	return words[r.IntN(len(words))]
}

func put(m map[string]any, name string, v any) {
	head, rest, deeper := strings.Cut(name, ".")
	if !deeper {
		m[head] = v
		return
	}
	sub, ok := m[head].(map[string]any)
	if !ok {
		sub = map[string]any{}
		m[head] = sub
	}
	put(sub, rest, v)
}

// prepare compiles the rules of the pack for one entrypoint.
func (p *pack) prepare(t *testing.T, entrypoint string) rego.PreparedEvalQuery {
	t.Helper()
	c := ast.NewCompiler()
	if c.Compile(p.rules); c.Failed() {
		t.Fatal(c.Errors)
	}
	query, err := rego.New(rego.Query("data.statemanager."+entrypoint), rego.Compiler(c), rego.Store(p.store()),
		rego.StrictBuiltinErrors(true)).PrepareForEval(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return query
}

// ask puts random questions to an entrypoint; each must have exactly one answer, with reasons.
func ask(t *testing.T, p *pack, q any, r *rand.Rand, check func(input, answer map[string]any)) {
	t.Helper()
	name := engine.Entrypoint(q)
	query := p.prepare(t, name)
	pkg, _, _ := strings.Cut(name, ".")
	facts := declared(t, p, pkg)
	for range rounds * len(facts) {
		input := draw(p, r, facts)
		out, err := query.Eval(context.Background(), rego.EvalInput(input))
		if err != nil || len(out) != 1 {
			t.Fatalf("%s has %d answers (%v) to %v", name, len(out), err, input)
		}
		check(input, out[0].Expressions[0].Value.(map[string]any))
	}
}

// Every entrypoint has exactly one answer for every combination of facts, of the words that the engine knows, with
// reasons; each reason has a sentence whose arguments it brings, and each sentence is some answer's reason.
func TestEveryQuestionHasAnAnswer(t *testing.T) {
	p, r := load(t), rand.New(rand.NewPCG(1, 2))
	said := map[string]bool{}
	edited := load(t) // as a site may: these rows have reasons of their own
	edited.data["strategies"].(map[string]any)["action_stuck"] = []any{"restart", "notify"}
	edited.data["profiles"].(map[string]any)["fixed"] = map[string]any{"never": []any{"relocate"}}
	for _, p := range []*pack{p, edited} {
		answered(t, p, r, said)
	}
	for _, code := range p.table("reasons") {
		if !said[code] {
			t.Errorf("reasons/data.yaml: %s is no reason of any answer", code)
		}
	}
}

// answered asks each entrypoint, checks the answers, and notes the reasons that were given.
func answered(t *testing.T, p *pack, r *rand.Rand, said map[string]bool) {
	t.Helper()
	for _, q := range questions {
		ask(t, p, q, r, func(input, answer map[string]any) {
			if why := wrong(p, q, answer); why != "" {
				t.Fatalf("%s: %s: %v to %v", engine.Entrypoint(q), why, answer, input)
			}
			for _, x := range answer["reasons"].([]any) {
				reason := x.(map[string]any)
				code := reason["code"].(string)
				said[code] = true
				if why := unsaid(p, code, reason["args"].(map[string]any)); why != "" {
					t.Fatalf("%s: %s", engine.Entrypoint(q), why)
				}
			}
		})
	}
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// unsaid says what is wrong with the sentence of a reason, or nothing.
func unsaid(p *pack, code string, args map[string]any) string {
	text, ok := p.data["reasons"].(map[string]any)[code].(string)
	if !ok {
		return "no sentence for reason " + code
	}
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if _, ok := args[m[1]]; !ok {
			return fmt.Sprintf("reason %s brings no {%s}", code, m[1])
		}
	}
	return ""
}

// wrong says what is wrong with an answer, or nothing.
func wrong(p *pack, q any, answer map[string]any) string {
	if reasons, ok := answer["reasons"].([]any); !ok || len(reasons) == 0 {
		return "no reasons"
	}
	known := map[string]bool{"reasons": true}
	for f := range reflect.TypeOf(answers[engine.Entrypoint(q)]).Fields() {
		known[f.Tag.Get("answer")] = true
	}
	for name := range answer {
		if !known[name] {
			return "no such field of the answer: " + name
		}
	}
	return values(p, q, answer)
}

var answers = map[string]any{
	"planning.plan": engine.PlanAnswer{}, "transition.decision": engine.TransitionAnswer{},
	"transition.allowed_actions": engine.AllowedAnswer{}, "recovery.decision": engine.RecoveryAnswer{},
	"placement.score": engine.PlacementAnswer{}, "stability.issues": engine.StabilityAnswer{},
	"dispatch.verdict": engine.DispatchAnswer{}, "recovery.strategy": engine.StrategyAnswer{},
}

// values says which value of an answer is none of its field, or nothing.
func values(p *pack, q any, a map[string]any) string {
	actions := p.table("actions")
	_, hasActions := a["actions"]
	_, hasIssue := a["issue"]
	ok := true
	switch q.(type) {
	case engine.PlanFacts:
		_, critical := a["critical"].(bool)
		ok = hasActions != hasIssue && critical && within(a["priority"], 0, 9) &&
			(hasIssue && among(a["issue"], p.table("issues")) || hasActions && all(a["actions"], actions))
	case engine.TransitionFacts:
		ok = a["allow"] == false || a["allow"] == true && among(a["to"], p.table("transitions"))
	case engine.AllowedFacts:
		ok = hasActions && all(a["actions"], actions)
	case engine.RecoveryFacts:
		after, _ := a["after"].(string)
		_, err := time.ParseDuration(after)
		act := among(a["action"], actions) && err == nil
		ok = act || among(a["action"], []string{"wait", "give_up"}) && after == ""
	case engine.PlacementFacts:
		ok = a["unfit"] == true || within(a["score"], 0, 100)
	case engine.StabilityFacts:
		ok = all(a["issues"], p.table("issues"))
	case engine.StrategyFacts:
		first, _ := a["backoff_delay"].(string)
		_, err := time.ParseDuration(first)
		ok = all(a["actions"], actions) && err == nil && within(a["max_retry_count"], 0, 50) && within(a["escalation_threshold"], 0, 50)
	case engine.DispatchFacts:
		ok = among(a["verdict"], []string{"run", "defer"})
	}
	if !ok {
		return "not an answer"
	}
	return ""
}

func among(x any, words []string) bool { s, ok := x.(string); return ok && slices.Contains(words, s) }

func all(x any, words []string) bool {
	list, ok := x.([]any)
	return ok && !slices.ContainsFunc(list, func(x any) bool { return !among(x, words) })
}

func within(x any, low, high int64) bool {
	number, _ := x.(json.Number)
	n, err := number.Int64()
	return err == nil && low <= n && n <= high
}

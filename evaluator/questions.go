package evaluator

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"statemanager/engine"
)

// questionsEach is how many questions are made up for each entrypoint.
const questionsEach = 300

// gateLimit bounds each of them by the CPU time that the daemon will give it, questionsLimit all together: whoever edits
// can wait, so a busy machine refuses no good pack.
var gateLimit = CPULimit(cpuLimit, questionsLimit)

const questionsLimit = time.Minute

// encode makes the vector of a question.
func (p *Policy) encode(facts any) (*query, []byte, error) {
	n := number(facts)
	if n < 0 {
		return nil, nil, fmt.Errorf("%T is no question", facts)
	}
	q := p.queries[n]
	vector, err := q.plan.encode(reflect.ValueOf(facts), nil)
	return q, vector, err
}

// askGenerated asks made-up questions, the same ones for the same revision: each must have an answer that decodes. They
// find conflicts, missing answers and missing reasons that no test has thought of.
func (p *Policy) askGenerated(ctx context.Context, g *gate) {
	ctx, cancel := context.WithTimeoutCause(ctx, questionsLimit, fmt.Errorf("they take more than %v", questionsLimit))
	defer cancel()
	h := fnv.New64a()
	h.Write([]byte(p.revision))
	rng := rand.New(rand.NewPCG(h.Sum64(), 0))
	told := map[string]bool{}
	for _, q := range p.queries {
		for vector := range q.plan.vectors(rng, questionsEach) {
			if ctx.Err() != nil {
				g.errorf(p.blame(q, nil), "asking made-up questions: %v", context.Cause(ctx))
				return
			}
			rules, err := p.try(q, vector)
			if err == nil || told[q.name+err.Error()] {
				continue
			}
			told[q.name+err.Error()] = true
			if errors.Is(err, errTimeout) {
				g.errorf(p.blame(q, rules), "%s: %v", q.name, err)
				return // the others would take as long
			}
			g.errorf(p.blame(q, rules), "%s: %v%s", q.name, err, p.when(ctx, q, vector, err))
		}
	}
}

// try asks a question as strictly as the gate does.
func (p *Policy) try(q *query, vector []byte) ([]engine.Place, error) {
	_, reasons, rules, err := p.ask(q, vector, gateLimit)
	if err == nil {
		err = p.unfilled(reasons)
	}
	return rules, err
}

// when names the facts that matter for an error: those that cannot be any other value without it going away.
func (p *Policy) when(ctx context.Context, q *query, vector []byte, err error) string {
	var out []string
	for i, s := range q.plan.slots {
		if ctx.Err() != nil {
			return "" // the limit of all questions
		}
		was := vector[i]
		for code := range min(len(s.terms), 4) {
			vector[i] = byte(code)
			if _, e := p.try(q, vector); e == nil || e.Error() != err.Error() {
				out = append(out, fmt.Sprintf("%s is %v", s.name, s.terms[was]))
				break
			}
		}
		vector[i] = was
	}
	if len(out) == 0 || len(out) > 6 {
		return ""
	}
	return ", when " + strings.Join(out, " and ")
}

// vectors are n random ones, or all that there are if these are no more.
func (p *plan) vectors(rng *rand.Rand, n int) iter.Seq[[]byte] {
	all := 1
	for _, s := range p.slots {
		if all *= len(s.terms); all > n {
			return func(yield func([]byte) bool) {
				for range n {
					if !yield(p.random(rng)) {
						return
					}
				}
			}
		}
	}
	return func(yield func([]byte) bool) {
		for i := range all {
			if !yield(p.numbered(i)) {
				return
			}
		}
	}
}

// numbered is the vector with that number, in an order of all.
func (p *plan) numbered(i int) []byte {
	out := make([]byte, len(p.slots))
	for k, s := range p.slots {
		out[k] = byte(i % len(s.terms))
		i /= len(s.terms)
	}
	return out
}

// random is a vector within the domains. Counters are small more often than not: there the choices are made.
func (p *plan) random(rng *rand.Rand) []byte {
	out := make([]byte, len(p.slots))
	for i, s := range p.slots {
		n := len(s.terms)
		if s.kind == count && rng.IntN(4) > 0 {
			n = min(n, 3)
		}
		out[i] = byte(rng.IntN(n))
	}
	return out
}

// unfilled says which sentence has a placeholder that its reason gave no argument for.
func (p *Policy) unfilled(reasons []engine.Reason) error {
	for _, r := range reasons {
		given := map[string]bool{}
		for _, a := range r.Args {
			given[a.Name] = true
		}
		for _, name := range placeholders(p.sentences[r.Code]) {
			if !given[name] {
				return fmt.Errorf("the sentence of reason %s has {%s}, but the rule gives no such argument", r.Code, name)
			}
		}
	}
	return nil
}

// blame is the rule of the entrypoint that gave an answer; its first one if none did.
func (p *Policy) blame(q *query, rules []engine.Place) place {
	best := engine.Place{}
	for at, name := range p.rules {
		if name == q.path() && (best.File == "" || comparePlaces(at, best) < 0) {
			best = at
		}
	}
	for _, at := range rules {
		if p.rules[at] == q.path() {
			best = at
		}
	}
	return place{file: best.File, line: best.Line}
}

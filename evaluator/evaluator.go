package evaluator

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"statemanager/engine"
)

// Evaluator answers the engine's questions with the policies that were added to it. One goroutine calls Decide; any may
// call Add and Retire meanwhile.
type Evaluator struct {
	now   func() time.Time
	bound Bound
	size  int

	mu       sync.RWMutex
	policies map[string]*served
}

// served is a policy in use. What is beside the policy belongs to the goroutine that decides.
type served struct {
	*Policy
	cache    *cache
	breakers map[breakerKey]*breaker
}

// breakerKey is an entrypoint, and a profile by its code in the vector.
type breakerKey struct {
	query   int
	profile byte
}

// breaker spares the CPU of a policy that times out.
type breaker struct {
	timeouts int // in a row
	until    time.Time
}

// After patience timeouts in a row, an entrypoint answers fail-safe for a profile, without being asked, for rest.
const (
	patience = 3
	rest     = 10 * time.Second
)

// Option changes an Evaluator.
type Option func(*Evaluator)

// WithClock sets the clock of the rest after timeouts; without it, the wall clock.
func WithClock(now func() time.Time) Option { return func(e *Evaluator) { e.now = now } }

// WithBound sets the limit of one evaluation; without it, 1 s on the clock.
func WithBound(b Bound) Option { return func(e *Evaluator) { e.bound = b } }

// WithCache sets how many decisions are kept for each policy; without it, 8192.
func WithCache(decisions int) Option { return func(e *Evaluator) { e.size = decisions } }

// New makes an Evaluator without a policy: it answers fail-safe.
func New(opts ...Option) *Evaluator {
	e := &Evaluator{now: time.Now, bound: WallLimit(time.Second), size: 8192, policies: map[string]*served{}}
	for _, o := range opts {
		o(e)
	}
	return e
}

// Add makes a policy answer the questions that name its revision. Policies that were added before answer theirs.
func (e *Evaluator) Add(p *Policy) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.policies[p.revision] == nil {
		e.policies[p.revision] = &served{p, newCache(e.size), map[breakerKey]*breaker{}}
	}
}

// Retire forgets the policy of a revision: no question will name it again.
func (e *Evaluator) Retire(revision string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.policies, revision)
}

// Decide answers a question. It never fails and never panics: a question that policy could not answer has the fail-safe
// answer of its entrypoint, with the cause. Those are not kept: the same question is evaluated again.
func (e *Evaluator) Decide(q engine.Question) engine.Decision {
	e.mu.RLock()
	s := e.policies[q.Revision]
	e.mu.RUnlock()
	n := number(q.Facts)
	switch {
	case n < 0:
		return engine.Decision{FailSafe: fmt.Sprintf("%T is no question", q.Facts)}
	case s == nil:
		return failSafe(n, fmt.Errorf("no policy of revision %.12s is loaded", q.Revision), nil)
	}
	return e.decide(s, n, q.Facts)
}

func (e *Evaluator) decide(s *served, n int, facts any) engine.Decision {
	q := s.queries[n]
	var buf [128]byte
	key, err := q.plan.encode(reflect.ValueOf(facts), append(buf[:0], byte(n)))
	if err != nil {
		return failSafe(n, err, nil)
	}
	if d := s.cache.get(key); d != nil {
		return *d
	}
	vector := key[1:]
	b := s.breaker(n, q.plan.profileOf(vector))
	if now := e.now(); now.Before(b.until) {
		return failSafe(n, fmt.Errorf("%w, %d times in a row: not asked before %s", errTimeout, b.timeouts, b.until.UTC().Format(time.TimeOnly)), nil)
	}
	answer, reasons, rules, err := s.ask(q, vector, e.bound)
	b.note(err, e.now)
	if err != nil {
		return failSafe(n, err, rules)
	}
	d := &engine.Decision{Answer: answer, Reasons: reasons, Rules: s.telling(q.entrypoint, rules, answer, reasons)}
	s.cache.put(string(key), d)
	return *d
}

func (s *served) breaker(query int, profile byte) *breaker {
	k := breakerKey{query, profile}
	if s.breakers[k] == nil {
		s.breakers[k] = &breaker{}
	}
	return s.breakers[k]
}

func (b *breaker) note(err error, now func() time.Time) {
	if !errors.Is(err, errTimeout) {
		b.timeouts = 0
		return
	}
	if b.timeouts++; b.timeouts >= patience {
		b.until = now().Add(rest)
	}
}

func failSafe(n int, cause error, rules []engine.Place) engine.Decision {
	e := entrypoints[n]
	return engine.Decision{Answer: e.none, Rules: rules, FailSafe: e.name + ": " + cause.Error()}
}

// number is the place of a question among the entrypoints; -1 if it is none.
func number(facts any) int {
	t := reflect.TypeOf(facts)
	return slices.IndexFunc(entrypoints, func(e *entrypoint) bool { return e.facts == t })
}

// profileOf is the code of the profile in a vector; 0 if the pack does without it.
func (p *plan) profileOf(vector []byte) byte {
	if p.profile < 0 {
		return 0
	}
	return vector[p.profile]
}

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

// Evaluator answers questions with the policies that were added to it. It is safe for concurrent use.
type Evaluator struct {
	now   func() time.Time
	bound Bound
	size  int

	mu       sync.RWMutex
	policies map[string]*served
}

// served is a policy in use. What is beside the policy is remembered under its lock; nothing is evaluated there.
type served struct {
	*Policy
	mu       sync.Mutex
	cache    *cache
	breakers map[breakerKey]*breaker
}

// breakerKey is an entrypoint by its number, and a profile by its code in the vector.
type breakerKey struct{ query, profile byte }

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

// WithBound sets the limit of one evaluation; without it, 50 ms of CPU time and 1 s on the clock.
func WithBound(b Bound) Option { return func(e *Evaluator) { e.bound = b } }

// WithCache sets how many decisions are kept for each policy; without it, 8192.
func WithCache(decisions int) Option { return func(e *Evaluator) { e.size = decisions } }

// New makes an Evaluator without a policy: it answers fail-safe.
func New(opts ...Option) *Evaluator {
	e := &Evaluator{now: time.Now, bound: CPULimit(cpuLimit, wallLimit), size: 8192, policies: map[string]*served{}}
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
		e.policies[p.revision] = &served{Policy: p, cache: newCache(e.size), breakers: map[breakerKey]*breaker{}}
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
	vector := key[1:]
	d, b, err := s.recall(key, q.plan.profileOf(vector), e.now)
	if d != nil {
		return *d
	} else if err != nil {
		return failSafe(n, err, nil)
	}
	answer, reasons, rules, err := s.ask(q, vector, e.bound)
	if err == nil {
		d = &engine.Decision{Answer: answer, Reasons: reasons, Rules: s.telling(q.entrypoint, rules, answer, reasons)}
	}
	s.learn(key, d, b, err, e.now)
	if err != nil {
		return failSafe(n, err, rules)
	}
	return *d
}

// recall is a decision that was kept; else the breaker of the question, and an error while it rests.
func (s *served) recall(key []byte, profile byte, now func() time.Time) (*engine.Decision, *breaker, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.cache.get(key); d != nil {
		return d, nil, nil
	}
	b := s.breaker(breakerKey{key[0], profile})
	if now().Before(b.until) {
		return nil, nil, fmt.Errorf("%w, %d times in a row: not asked before %s", errTimeout, b.timeouts, b.until.UTC().Format(time.TimeOnly))
	}
	return nil, b, nil
}

// learn keeps a decision, and counts a timeout.
func (s *served) learn(key []byte, d *engine.Decision, b *breaker, err error, now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b.note(err, now)
	if d != nil {
		s.cache.put(string(key), d)
	}
}

func (s *served) breaker(k breakerKey) *breaker {
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

package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"statemanager/engine"
)

// EventFilter picks entries of the history: each list that is not empty must hold what the entry has.
type EventFilter struct {
	Services   []engine.ResourceID
	Namespaces []string
	Types      []engine.EventType // TypeDecision for decisions
	Sources    []engine.EventSource
	Decisions  bool // decisions of policy too
}

// TypeDecision stands for a decision of policy where entries are picked by type; its source is policy.
const TypeDecision engine.EventType = "decision"

// Matches says whether an entry is picked.
func (f *EventFilter) Matches(x *engine.Entry) bool {
	typ, source := TypeDecision, engine.SourcePolicy
	if x.Event != nil {
		typ, source = x.Event.Type, x.Event.Source
	} else if !f.Decisions {
		return false
	}
	return holds(f.Services, x.Service) && holds(f.Namespaces, x.Service.Namespace) && holds(f.Types, typ) && holds(f.Sources, source)
}

func holds[T comparable](list []T, x T) bool { return len(list) == 0 || slices.Contains(list, x) }

// Why a subscription does not begin, or ends.
var (
	// ErrForgotten says that what came after a revision is not kept any more.
	ErrForgotten = &engine.Error{Kind: engine.Invalid, Text: "resume: what was stored after that revision is not kept any more"}
	// ErrBehind says that a subscriber did not read fast enough.
	ErrBehind = &engine.Error{Kind: engine.Unavailable, Text: fmt.Sprintf("the subscriber is %d transactions behind: resume after the last revision that it has seen", maxBehind)}
)

// Subscription is a stream of what is durable, in the order of the store: none left out, none twice. One goroutine calls
// Next; any may call Close.
type Subscription struct {
	filter  EventFilter
	after   int64 // what was stored up to this revision is not for it
	backlog []Transaction
	live    chan Transaction
	of      *subscribers
	quiet   int // transactions without anything for it
	err     error
}

// Subscribe begins a stream. With after it begins with what was stored after that revision, else with what comes; its
// first transaction may have no entries and says where it begins. ErrForgotten names the oldest revision to begin after; one
// that is not stored yet is Invalid.
func (r *Runner) Subscribe(ctx context.Context, f EventFilter, after int64) (s *Subscription, err error) {
	failed := r.call(ctx, func(l *loop) {
		h := &l.history
		switch {
		case after > 0 && after < h.oldest:
			err = fmt.Errorf("%w: the oldest one is %d, not %d", ErrForgotten, h.oldest, after)
			return
		case after > h.newest:
			err = &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf("resume: the newest revision is %d, not %d: was the store made anew?", h.newest, after)}
			return
		case after > 0:
			s = l.subs.add(f, after, h.after(after))
		default:
			s = l.subs.add(f, 0, nil)
		}
		s.backlog = append(s.backlog, Transaction{Revision: max(after, h.newest)})
	})
	if failed != nil {
		return nil, failed
	}
	return s, err
}

// Next waits for what comes next; a transaction without entries says where the stream stands. After an error there is
// nothing more: ErrBehind, or the runner has stopped, or ctx has ended.
func (s *Subscription) Next(ctx context.Context) (Transaction, error) {
	for len(s.backlog) > 0 {
		t := s.backlog[0]
		s.backlog = s.backlog[1:]
		if mine := s.filter.of(t); len(mine.Entries) > 0 || len(s.backlog) == 0 {
			return mine, nil
		}
	}
	select {
	case t, ok := <-s.live:
		if ok {
			return t, nil
		}
		s.of.mu.Lock()
		defer s.of.mu.Unlock()
		return Transaction{}, s.err
	case <-ctx.Done():
		return Transaction{}, context.Cause(ctx)
	}
}

// Close ends the stream. It may be called again.
func (s *Subscription) Close() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.cut(s, unavailable("the subscription is closed"))
}

// of is what a filter leaves of a transaction.
func (f *EventFilter) of(t Transaction) Transaction {
	out := Transaction{Revision: t.Revision}
	for i := range t.Entries {
		if f.Matches(&t.Entries[i]) {
			out.Entries = append(out.Entries, t.Entries[i])
		}
	}
	return out
}

// subscribers are the streams that are open. The zero value has none.
type subscribers struct {
	mu     sync.Mutex
	open   map[*Subscription]bool
	closed error
}

func (b *subscribers) add(f EventFilter, after int64, backlog []Transaction) *Subscription {
	s := &Subscription{filter: f, after: after, backlog: backlog, live: make(chan Transaction, maxBehind), of: b}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open == nil {
		b.open = map[*Subscription]bool{}
	}
	b.open[s] = true
	if b.closed != nil {
		b.cut(s, b.closed)
	}
	return s
}

// publish never waits: who is too far behind is cut off.
func (b *subscribers) publish(t Transaction) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := range b.open {
		mine := s.filter.of(t)
		if s.quiet++; t.Revision <= s.after || len(mine.Entries) == 0 && s.quiet < sayWhere {
			continue
		}
		s.quiet = 0
		select {
		case s.live <- mine:
		default:
			b.cut(s, ErrBehind)
		}
	}
}

// close ends all streams, and those to come.
func (b *subscribers) close(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = err
	for s := range b.open {
		b.cut(s, err)
	}
}

// cut ends one; the caller holds the lock.
func (b *subscribers) cut(s *Subscription, err error) {
	if b.open[s] {
		delete(b.open, s)
		s.err = err
		close(s.live)
	}
}

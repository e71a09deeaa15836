package inmem

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// Store is the store of a cell in memory: the same keys, values, revisions and fences as in etcd, gone with the process.
// It is safe for concurrent use.
type Store struct {
	mu        sync.Mutex
	revision  int64
	values    map[string]wire.Value
	log       []change // of desired keys, since the compaction
	compacted int64
	known     wire.Known    // of the last Load
	changed   chan struct{} // closed and made anew at each change
	term      *Term
}

// change is a put or a deletion of a desired key.
type change struct {
	wire.Value
	deleted bool
}

// NewStore makes an empty store that was created at a moment, in nanoseconds since the Unix epoch.
func NewStore(created int64) (*Store, error) {
	s := &Store{revision: 1, values: map[string]wire.Value{}, changed: make(chan struct{})}
	value, err := wire.CreationToStore(created)
	if err != nil {
		return nil, err
	}
	s.Put(wire.CreatedKey, value)
	return s, nil
}

// Put writes a key as another component would, and returns the revision of it.
func (s *Store) Put(key string, value []byte) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.apply(wire.Op{Key: key, Value: value})
}

// Compact forgets all that is not the present.
func (s *Store) Compact() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.compacted = nil, s.revision
}

// apply is one transaction. A delete of what is not there changes nothing.
func (s *Store) apply(ops ...wire.Op) int64 {
	s.revision++
	for _, op := range ops {
		v, ok := s.values[op.Key]
		if op.Value == nil && !ok {
			continue
		} else if op.Value == nil {
			delete(s.values, op.Key)
			v.Modified = s.revision
		} else {
			if !ok {
				v.Created = s.revision
			}
			v.Key, v.Bytes, v.Modified = op.Key, slices.Clone(op.Value), s.revision
			s.values[op.Key] = v
		}
		if strings.HasPrefix(op.Key, wire.DesiredKeys) {
			s.log = append(s.log, change{v, op.Value == nil})
		}
	}
	close(s.changed)
	s.changed = make(chan struct{})
	return s.revision
}

// under are the values under a key or prefix, in the order of their keys.
func (s *Store) under(prefix string) (out []wire.Value) {
	for _, key := range slices.Sorted(maps.Keys(s.values)) {
		if strings.HasPrefix(key, prefix) {
			out = append(out, s.values[key])
		}
	}
	return out
}

// Campaign makes the caller the leader of the cell. It never waits: the earlier leader is deposed.
func (s *Store) Campaign(context.Context) (*Term, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.term != nil {
		close(s.term.done)
	}
	s.revision++
	s.term = &Term{Store: s, fence: s.revision, trail: wire.Trail{Fence: s.revision}, done: make(chan struct{})}
	return s.term, nil
}

// Load reads everything.
func (s *Store) Load(context.Context) (*runner.Loaded, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load(), nil
}

func (s *Store) load() *runner.Loaded {
	l := wire.NewLoaded(s.revision)
	for _, prefix := range wire.LoadedKeys {
		for _, v := range s.under(prefix) {
			wire.Add(l, v)
		}
	}
	s.known = wire.KnownOf(l)
	return l
}

// Pack reads a pack; NotFound if there is none of this digest.
func (s *Store) Pack(_ context.Context, digest string) (map[string][]byte, error) {
	key, err := wire.PackKey(digest)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	v, ok := s.values[key]
	s.mu.Unlock()
	if !ok {
		return nil, &engine.Error{Kind: engine.NotFound, Text: "read pack: there is none with the digest " + digest}
	}
	return wire.PackFromStore(v.Bytes)
}

// WatchDesired sends every change after a revision until ctx ends. A goroutine of its own ends with ctx.
func (s *Store) WatchDesired(ctx context.Context, after int64) <-chan runner.Change {
	out := make(chan runner.Change)
	s.mu.Lock()
	known := maps.Clone(s.known)
	s.mu.Unlock()
	if known == nil {
		known = wire.Known{}
	}
	go func() {
		defer close(out)
		for {
			var changes []runner.Change
			var more <-chan struct{}
			changes, after, more = s.since(after, known)
			for _, c := range changes {
				select {
				case out <- c:
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-more:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// since are the changes after a revision, the revision up to which they go, and what is closed when there are more.
func (s *Store) since(after int64, known wire.Known) (out []runner.Change, now int64, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if after < s.compacted {
		return known.Relist(s.under(wire.DesiredKeys), after, s.revision), s.revision, s.changed
	}
	for _, c := range s.log {
		if c.Modified <= after {
			continue
		}
		known.Note(c.Key, c.deleted)
		if c.deleted {
			out = append(out, wire.DeletionOf(c.Key, c.Modified))
		} else {
			out = append(out, wire.ChangeOf(c.Value))
		}
	}
	return out, max(after, s.revision), s.changed
}

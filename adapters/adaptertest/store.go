package adaptertest

import (
	"context"
	"errors"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// Term is a store as its leader writes it.
type Term interface {
	runner.Recorder
	runner.Desires
	runner.Site
	runner.Packs
	Fence() int64
	Done() <-chan struct{}
}

// Backend is an empty store, as the suite handles it.
type Backend struct {
	// Campaign makes a new leader at once, whoever leads.
	Campaign func(t *testing.T) Term
	// Put writes a key below the cell's prefix, as another component would.
	Put func(t *testing.T, key string, value []byte)
	// Compact makes the store forget all that is not the present.
	Compact func(t *testing.T)
}

// Store is the contract of runner.Recorder, runner.Desires, runner.Packs and of leadership. Each test has a store of its
// own.
func Store(t *testing.T, newStore func(t *testing.T) Backend) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, Backend)
	}{
		{"an empty store", emptyStore},
		{"records come back", recordsComeBack},
		{"unknown fields are kept", unknownFieldsAreKept},
		{"large batches", largeBatches},
		{"a record that is too large", largeRecord},
		{"rule 1.1 no name is a prefix of another's", prefixNames},
		{"rule 1.2 desired specs", desiredSpecs},
		{"rule 1.7 deleted and applied again", deletedAndApplied},
		{"rule 9 the deposed cannot write", deposed},
		{"history in order", historyInOrder},
		{"history has revisions", historyHasRevisions},
		{"old history goes", oldHistoryGoes},
		{"broken values", brokenValues},
		{"site facts", siteFacts},
		{"packs", packs},
		{"a watch in order", watchInOrder},
		{"a watch goes on", watchGoesOn},
		{"a watch over a compaction", watchOverCompaction},
		{"a watch of broken values", watchBroken},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, newStore(t)) })
	}
}

// DownStore is the contract of a store that cannot be reached: each call fails with Unavailable.
func DownStore(t *testing.T, s interface {
	runner.Recorder
	runner.Desires
	runner.Site
	runner.Packs
}) {
	ctx, cancel := context.WithCancel(t.Context())
	_, load := s.Load(ctx)
	_, put := s.PutDesired(ctx, web, spec("1"))
	_, del := s.DeleteDesired(ctx, web)
	_, pack := s.Pack(ctx, "d")
	_, commit := s.Commit(ctx, runner.Batch{})
	for call, err := range map[string]error{
		"Load": load, "PutDesired": put, "DeleteDesired": del, "Pack": pack,
		"Commit": commit, "PutPack": s.PutPack(ctx, "d", nil), "PutSite": s.PutSite(ctx, map[string]string{"a": "b"}),
	} {
		isKind(t, call, err, engine.Unavailable)
	}
	changes := s.WatchDesired(ctx, 0)
	cancel()
	if c, open := next(t, changes); open {
		t.Errorf("a watch of a store that is down sent %+v", c)
	}
}

var (
	web   = engine.Service("a", "web")
	web1  = engine.Service("a", "web1")
	other = engine.Service("ab", "web")
)

// patience is how long the suite waits for what must come.
const patience = 20 * time.Second

func spec(version string) *engine.Spec {
	return &engine.Spec{Node: "n1", Replicas: 2, Version: version, State: engine.Running, Config: map[string]string{"k": "v"}, Workload: `{"image":"x"}`}
}

// must is the value of a call that may not fail.
func must[T any](x T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
}

// commit writes a batch, and returns the revision of it.
func commit(t *testing.T, s runner.Recorder, b runner.Batch) int64 {
	t.Helper()
	revision, err := s.Commit(t.Context(), b)
	done(t, err)
	return revision
}

func done(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// isKind checks the kind of an error at the seam.
func isKind(t *testing.T, call string, err error, want engine.ErrorKind) {
	t.Helper()
	var e *engine.Error
	if !errors.As(err, &e) || e.Kind != want {
		t.Errorf("%s: got %v, want an error of kind %s", call, err, want)
	}
}

func load(t *testing.T, s runner.Recorder) *runner.Loaded {
	t.Helper()
	return must(s.Load(t.Context()))(t)
}

// next is the next change, and whether there was one before the channel was closed.
func next(t *testing.T, changes <-chan runner.Change) (runner.Change, bool) {
	t.Helper()
	select {
	case c, open := <-changes:
		return c, open
	case <-time.After(patience):
		t.Fatal("no change came")
		return runner.Change{}, false
	}
}

// nextOf is the next change that is of a service or tells of an error.
func nextOf(t *testing.T, changes <-chan runner.Change) runner.Change {
	t.Helper()
	for {
		c, open := next(t, changes)
		if !open {
			t.Fatal("the watch has ended")
		}
		if c.Service != (engine.ResourceID{}) || c.Err != nil {
			return c
		}
	}
}

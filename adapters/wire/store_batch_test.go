package wire

import (
	"strings"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

func entryAt(at time.Duration, text string) engine.Entry {
	return engine.Entry{At: engine.Instant(at), Decision: &engine.Decided{Entrypoint: text}}
}

// The history is bounded by the number of its segments; what is trimmed is trimmed once.
func TestTrailIsBoundedByCount(t *testing.T) {
	trail := Trail{Fence: 5}
	var keys []string
	for range MaxSegments + 3 {
		keys = append(keys, trail.next([]engine.Entry{entryAt(1, "x")}))
	}
	keep := trail.Trim()
	if keep != keys[3] {
		t.Fatalf("the oldest that is kept is %s, want %s", keep, keys[3])
	}
	if trail.Trimmed(keep); trail.Trim() != "" {
		t.Fatalf("%s is to be trimmed again", trail.Trim())
	}
}

// A clock that is set back trims nothing, and neither does a segment that cannot be read.
func TestTrailIsBoundedByAge(t *testing.T) {
	old, _ := EntriesToStore([]engine.Entry{entryAt(MaxAge, "x")})
	trail := Trail{Fence: 5}
	trail.Found([]Value{{Key: segmentKey(4, 1), Bytes: old}, {Key: segmentKey(4, 2), Bytes: old}})
	trail.next([]engine.Entry{entryAt(1, "set back")})
	if keep := trail.Trim(); keep != "" {
		t.Fatalf("after the clock was set back all before %s would go", keep)
	}
	trail.next([]engine.Entry{entryAt(2*MaxAge+1, "later")})
	if keep := trail.Trim(); keep != segmentKey(5, 2) {
		t.Fatalf("the oldest that is kept is %s", keep)
	}
}

// Entries that are too large for a value become several, in order.
func TestLargeHistoryIsSplit(t *testing.T) {
	var entries []engine.Entry
	for range 5 {
		entries = append(entries, entryAt(1, strings.Repeat("x", maxSegment/2)))
	}
	ops, err := Ops(runner.Batch{Entries: entries}, &Trail{Fence: 1})
	if err != nil || len(ops) < 3 {
		t.Fatalf("%d operations, %v", len(ops), err)
	}
	var back []engine.Entry
	for i, op := range ops {
		got, err := EntriesFromStore(op.Value)
		if err != nil || op.Key != segmentKey(1, int64(i+1)) || op.Size() > maxSegment+1024 {
			t.Fatalf("operation %d puts %d bytes to %s, %v", i, op.Size(), op.Key, err)
		}
		back = append(back, got...)
	}
	if len(back) != len(entries) {
		t.Fatalf("%d of %d entries came back", len(back), len(entries))
	}
}

// What was not written after all does not count: else the store's refusals would push the history out.
func TestTrailForgets(t *testing.T) {
	trail := Trail{Fence: 5}
	trail.next([]engine.Entry{entryAt(1, "x")})
	for range MaxSegments {
		trail.Forget([]string{trail.next([]engine.Entry{entryAt(1, "x")})})
	}
	if keep := trail.Trim(); keep != "" {
		t.Errorf("all before %s would go", keep)
	}
}

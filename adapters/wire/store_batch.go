package wire

import (
	"slices"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// The bounds of the history that is kept, and of a segment of it. A larger batch of entries makes several segments.
const (
	MaxSegments = 1000
	MaxAge      = 7 * 24 * time.Hour
	maxSegment  = 256 << 10 // bytes
)

// MaxValue is the most bytes of a record: etcd takes 1.5 MiB at once, unless it is told otherwise.
const MaxValue = 1_500_000

// Op puts a key, or deletes it if Value is nil.
type Op struct {
	Key   string
	Value []byte
}

// Size is how many bytes the operation sends.
func (o Op) Size() int { return len(o.Key) + len(o.Value) }

// Ops are the operations of a batch, in the order in which they must become durable if they do not fit into one
// transaction: what is told of an action, then the cell, then the records that make it leave. An Invalid error names the
// key of the value that cannot be written.
func Ops(b runner.Batch, t *Trail) ([]Op, error) {
	var ops []Op
	put := func(key string, value []byte, err error) error {
		if err == nil && len(value) > MaxValue {
			err = invalid("it has %d bytes, more than %d that the store takes at once", len(value), MaxValue)
		}
		if err != nil {
			return invalid("write key %s: %s", key, err)
		}
		ops = append(ops, Op{key, value})
		return nil
	}
	if b.Cell != nil {
		value, err := CellToStore(b.Cell)
		if err := put(CellKey, value, err); err != nil {
			return nil, err
		}
	}
	for _, r := range b.Records {
		var value []byte
		var err error
		if !r.Gone {
			value, err = RecordToStore(r)
		}
		if err := put(StateKey(r.ID), value, err); err != nil {
			return nil, err
		}
	}
	told, err := segments(b.Entries, t) // last: its numbers are spent only on what is written
	return append(told, ops...), err
}

// segments are the operations for entries of the history, each of a bounded size.
func segments(entries []engine.Entry, t *Trail) ([]Op, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	value, err := EntriesToStore(entries)
	if err != nil {
		return nil, err
	}
	if half := len(entries) / 2; len(value) > maxSegment && half > 0 {
		first, err := segments(entries[:half], t)
		if err != nil {
			return nil, err
		}
		second, err := segments(entries[half:], t)
		return append(first, second...), err
	}
	return []Op{{t.next(entries), value}}, nil
}

// Trail numbers the segments of the history and says which have had their time. It is not safe for concurrent use.
type Trail struct {
	Fence int64 // of the leader that writes
	n     int64
	kept  []segment
}

type segment struct {
	key    string
	newest engine.Instant
}

// Found takes the segments that the store holds, oldest first.
func (t *Trail) Found(values []Value) {
	t.kept = nil
	for _, v := range values {
		entries, _ := EntriesFromStore(v.Bytes) // of one that cannot be read only the place is known
		s := segment{key: v.Key}
		if len(entries) > 0 {
			s.newest = entries[len(entries)-1].At
		}
		t.kept = append(t.kept, s)
	}
}

func (t *Trail) next(entries []engine.Entry) string {
	t.n++
	s := segment{segmentKey(t.Fence, t.n), entries[len(entries)-1].At}
	t.kept = append(t.kept, s)
	return s.key
}

// Trim is the key of the oldest segment that is kept: all before it are to be deleted. It is empty if none is. Age is
// counted from the newest entry, so that a clock that was set back deletes nothing.
func (t *Trail) Trim() string {
	i, newest := max(0, len(t.kept)-MaxSegments), engine.Instant(0)
	for _, s := range t.kept {
		newest = max(newest, s.newest)
	}
	for i < len(t.kept) && newest.Sub(t.kept[i].newest) > MaxAge {
		i++
	}
	if i == 0 {
		return ""
	}
	return t.kept[i].key
}

// Forget forgets segments that were not written after all.
func (t *Trail) Forget(keys []string) {
	t.kept = slices.DeleteFunc(t.kept, func(s segment) bool { return slices.Contains(keys, s.key) })
}

// Trimmed says that all segments before key are deleted.
func (t *Trail) Trimmed(key string) {
	for len(t.kept) > 0 && t.kept[0].key < key {
		t.kept = t.kept[1:]
	}
}

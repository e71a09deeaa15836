package runner

import (
	"cmp"
	"context"
	"slices"

	"statemanager/engine"
)

// HistoryFilter picks entries of the history.
type HistoryFilter struct {
	Service   engine.ResourceID // zero = all, the cell's own included
	Decisions bool              // decisions too, not events alone
	Limit     int               // the newest so many; 0 = all that are kept
}

func (f *HistoryFilter) matches(x *engine.Entry) bool {
	return (f.Decisions || x.Event != nil) && (f.Service == (engine.ResourceID{}) || f.Service == x.Service)
}

// History shows what is durable of the newest 20,000 entries, oldest first.
func (r *Runner) History(ctx context.Context, f HistoryFilter) (out []engine.Entry, err error) {
	err = r.call(ctx, func(l *loop) { out = l.history.find(f) })
	return out, err
}

// ring holds the newest entries, in order of revisions.
type ring struct {
	entries []Stored
	oldest  int64 // all that was stored after this revision is kept
	newest  int64 // all that was stored up to it is known
}

// load takes what the store holds. What was stored before the first of it may have been trimmed.
func (r *ring) load(stored *Loaded) {
	r.entries, r.oldest, r.newest = slices.Clone(stored.History), stored.Revision, stored.Revision
	slices.SortStableFunc(r.entries, func(a, b Stored) int { return cmp.Compare(a.Revision, b.Revision) })
	if len(r.entries) > 0 {
		r.oldest = r.entries[0].Revision - 1
	}
}

// add forgets the oldest where there are too many, in strides, so that an entry costs nothing but its own copy.
func (r *ring) add(t Transaction) {
	for _, x := range t.Entries {
		r.entries = append(r.entries, Stored{t.Revision, x})
	}
	r.newest = max(r.newest, t.Revision)
	if n := len(r.entries) - maxHistory; n > maxHistory/8 {
		r.oldest = r.entries[n-1].Revision
		r.entries = slices.Clone(r.entries[n:])
	}
}

// after are the transactions after a revision.
func (r *ring) after(revision int64) (out []Transaction) {
	i, _ := slices.BinarySearchFunc(r.entries, revision+1, func(x Stored, revision int64) int { return cmp.Compare(x.Revision, revision) })
	for _, x := range r.entries[i:] {
		if n := len(out); n == 0 || out[n-1].Revision != x.Revision {
			out = append(out, Transaction{Revision: x.Revision})
		}
		t := &out[len(out)-1]
		t.Entries = append(t.Entries, x.Entry)
	}
	return out
}

func (r *ring) find(f HistoryFilter) (out []engine.Entry) {
	for i := len(r.entries) - 1; i >= 0 && (f.Limit <= 0 || len(out) < f.Limit); i-- {
		if x := &r.entries[i].Entry; f.matches(x) {
			out = append(out, *x)
		}
	}
	slices.Reverse(out)
	return out
}

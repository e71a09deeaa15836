package runner

import (
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
	err = r.call(ctx, func(l *loop) { out = l.history.newest(f) })
	return out, err
}

// ring holds the newest entries.
type ring struct{ entries []engine.Entry }

// add forgets the oldest where there are too many, in strides, so that an entry costs nothing but its own copy.
func (r *ring) add(entries []engine.Entry) {
	r.entries = append(r.entries, entries...)
	if n := len(r.entries); n > maxHistory+maxHistory/8 {
		r.entries = slices.Clone(r.entries[n-maxHistory:])
	}
}

func (r *ring) newest(f HistoryFilter) (out []engine.Entry) {
	for i := len(r.entries) - 1; i >= 0 && (f.Limit <= 0 || len(out) < f.Limit); i-- {
		if x := &r.entries[i]; f.matches(x) {
			out = append(out, *x)
		}
	}
	slices.Reverse(out)
	return out
}

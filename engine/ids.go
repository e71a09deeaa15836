package engine

import (
	"cmp"
	"time"
)

// Instant is a moment on the runner's clock, in nanoseconds since the Unix epoch; zero means none. The clock is the
// wall clock at process start plus a clock that counts sleep since then (rule 8.1), so it never steps within a process.
type Instant int64

// Add is the moment d later.
func (t Instant) Add(d time.Duration) Instant { return t + Instant(d) }

// Sub is the time from u to t.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }

// Time is t as calendar time in UTC.
func (t Instant) Time() time.Time { return time.Unix(0, int64(t)).UTC() }

// earlier is the earlier of two moments of which zero means none.
func earlier(a, b Instant) Instant {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// Timer is a deadline that survives a restart: it is stored as the moment it was armed and its length, never as the
// moment it ends (rule 8.1). The zero Timer is not set.
type Timer struct {
	Armed Instant
	Delay time.Duration
}

// Set says whether the timer was armed.
func (t Timer) Set() bool { return t.Armed != 0 }

// Due is the moment the timer ends; only of use when it is set.
func (t Timer) Due() Instant { return t.Armed.Add(t.Delay) }

// Past says whether the timer is set and has ended.
func (t Timer) Past(now Instant) bool { return t.Set() && now >= t.Due() }

// Loaded is a stored timer on this process's clock: a moment in the future counts as now, so a wait ends early or
// runs once more in full, never longer (rule 8.1).
func (t Timer) Loaded(now Instant) Timer {
	t.Armed = min(t.Armed, now)
	return t
}

// ResourceID names a service (rule 1.1). Kind is "service".
type ResourceID struct{ Kind, Namespace, Name string }

// Service is the id of a service.
func Service(namespace, name string) ResourceID { return ResourceID{"service", namespace, name} }

// String is namespace/name, as the command line takes it.
func (r ResourceID) String() string { return r.Namespace + "/" + r.Name }

// Compare orders ids by namespace, name and kind.
func (r ResourceID) Compare(o ResourceID) int {
	return cmp.Or(cmp.Compare(r.Namespace, o.Namespace), cmp.Compare(r.Name, o.Name), cmp.Compare(r.Kind, o.Kind))
}

// EpochSeq orders the actions of a service for its controllers (rules 3.1-3.3): by epoch, the store's creation,
// then by seq, which grows by one an action.
type EpochSeq struct{ Epoch, Seq int64 }

// Above says whether a was made after b.
func (a EpochSeq) Above(b EpochSeq) bool {
	return a.Epoch > b.Epoch || a.Epoch == b.Epoch && a.Seq > b.Seq
}

// Field is a name and a value: metadata, a fact, a part of an answer.
type Field struct{ Name, Value string }

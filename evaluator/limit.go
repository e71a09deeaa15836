package evaluator

import "time"

// Bound begins to limit one evaluation, which asks at each of its steps whether it is over, and is stopped when it has
// ended: all on the goroutine that evaluates.
type Bound func() Limit

// Limit is the limit of one evaluation.
type Limit interface {
	Over() bool
	Stop()
}

// The limits of one evaluation: a busy or paused machine must punish no good pack, so it is the time that the evaluation
// itself has used that counts; the wall clock only ends what hardly gets any.
const (
	cpuLimit  = 50 * time.Millisecond
	wallLimit = time.Second
)

const (
	stride = 16                   // steps from one look at the clock to the next: a step takes a microsecond or so
	grace  = 5 * time.Millisecond // by then nearly all have ended; only what goes on is measured
)

// CPULimit bounds an evaluation by the CPU time of its thread, and by time on the clock at most. An evaluation of more
// than a few milliseconds stays on its thread until it has ended. Where a system tells no CPU time of a thread, the
// clock decides alone.
func CPULimit(cpu, wall time.Duration) Bound {
	return func() Limit { return &limit{cpu: cpu, wall: wall, measure: measureThread, began: time.Now()} }
}

// measure begins to tell how much CPU time the goroutine uses, until it is stopped.
type measure func() (used func() time.Duration, stop func())

type limit struct {
	cpu, wall time.Duration
	measure   measure
	began     time.Time
	steps     int
	over      bool
	used      func() time.Duration // nil: not measured yet
	stop      func()
}

// Over stays true once it is.
func (l *limit) Over() bool {
	if l.steps++; l.steps%stride == 0 {
		l.over = l.over || l.look(time.Since(l.began))
	}
	return l.over
}

func (l *limit) look(wall time.Duration) bool {
	switch {
	case wall < grace:
		return false
	case wall >= l.wall:
		return true
	case l.used == nil:
		l.used, l.stop = l.measure()
	}
	return grace+l.used() >= l.cpu
}

func (l *limit) Stop() {
	if l.stop != nil {
		l.stop()
	}
}

// cancellation is a limit as OPA asks it.
type cancellation struct{ limit Limit }

func (c cancellation) Cancel()         {}
func (c cancellation) Cancelled() bool { return c.limit.Over() }

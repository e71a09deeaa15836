package evaluator

import (
	"sync"
	"time"
)

// Bound limits one evaluation: it is told how to cancel it before it starts, and calls of stop follow when it has ended,
// on the same goroutine. It may cancel from another one.
type Bound func(cancel func()) (stop func())

// The limits of one evaluation: a busy or paused machine must punish no good pack, so it is the time that the evaluation
// itself has used that counts; the wall clock only ends what is stopped altogether.
const (
	cpuLimit  = 50 * time.Millisecond
	wallLimit = time.Second
)

// WallLimit bounds an evaluation by time on the clock.
func WallLimit(d time.Duration) Bound {
	return func(cancel func()) func() {
		t := time.AfterFunc(d, cancel)
		return func() { t.Stop() }
	}
}

// usage tells how much CPU time something has used since it began.
type usage func() time.Duration

// limit looks at an evaluation when it may have used up its CPU time, and again as long as it has not.
type limit struct {
	used      usage
	cpu, wall time.Duration
	began     time.Time
	cancel    func()

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool
}

func newLimit(used usage, cpu, wall time.Duration, cancel func()) *limit {
	l := &limit{used: used, cpu: cpu, wall: wall, began: time.Now(), cancel: cancel}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(min(cpu, wall), l.look)
	return l
}

// look runs on the timer's goroutine.
func (l *limit) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return
	}
	left := min(l.cpu-l.used(), l.wall-time.Since(l.began))
	if left <= 0 {
		l.cancel()
		return
	}
	l.timer.Reset(max(left, time.Millisecond))
}

func (l *limit) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stopped = true
	l.timer.Stop()
}

package evaluator

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// CPULimit bounds an evaluation by the CPU time of its thread, and by time on the clock at most. The goroutine stays on
// its thread until the evaluation has ended.
func CPULimit(cpu, wall time.Duration) Bound {
	return func(cancel func()) func() {
		runtime.LockOSThread()
		l := newLimit(threadUsage(unix.Gettid()), cpu, wall, cancel)
		return func() {
			l.stop()
			runtime.UnlockOSThread()
		}
	}
}

// threadUsage reads the clock of a thread of this process, which any thread may; one that cannot be read counts as
// unused, so that the wall clock decides.
func threadUsage(tid int) usage {
	const perThread, scheduled = 4, 2 // of <linux/posix-timers.h>: the clock of a thread is ~tid<<3 with these
	clock := int32(^tid<<3 | perThread | scheduled)
	read := func() time.Duration {
		var ts unix.Timespec
		if unix.ClockGettime(clock, &ts) != nil {
			return 0
		}
		return time.Duration(ts.Nano())
	}
	began := read()
	return func() time.Duration { return read() - began }
}

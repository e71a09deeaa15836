package evaluator

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// measureThread locks the goroutine to its thread, and reads the thread's clock.
func measureThread() (used func() time.Duration, stop func()) {
	runtime.LockOSThread()
	began := threadTime()
	return func() time.Duration { return threadTime() - began }, runtime.UnlockOSThread
}

// threadTime is the CPU time of this thread; none if it cannot be read, so that the clock decides.
func threadTime() time.Duration {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &ts) != nil {
		return 0
	}
	return time.Duration(ts.Nano())
}

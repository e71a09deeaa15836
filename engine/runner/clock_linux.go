package runner

import (
	"time"

	"golang.org/x/sys/unix"
)

// sinceBoot is how long the machine has been up, sleep included.
func sinceBoot() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		panic("read CLOCK_BOOTTIME: " + err.Error()) // since Linux 2.6.39 it is there
	}
	return time.Duration(t.Nano())
}

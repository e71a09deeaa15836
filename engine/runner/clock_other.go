//go:build !linux

package runner

import "time"

var started = time.Now()

// sinceBoot is a clock that, where the system's monotonic clock does not, does not count sleep.
func sinceBoot() time.Duration { return time.Since(started) }

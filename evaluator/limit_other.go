//go:build !linux

package evaluator

import "time"

// CPULimit bounds an evaluation by time on the clock alone: this system tells no CPU time of a thread.
func CPULimit(_, wall time.Duration) Bound { return WallLimit(wall) }

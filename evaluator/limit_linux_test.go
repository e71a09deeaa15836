package evaluator

import (
	"testing"
	"time"
)

// The clock of a thread goes while it works.
func TestMeasureThread(t *testing.T) {
	used, stop := measureThread()
	defer stop()
	last := time.Duration(0)
	for n := 0; last < 5*time.Millisecond; n++ {
		now := used()
		if now < last || n > 1<<30 {
			t.Fatalf("the clock goes from %v to %v", last, now)
		}
		last = now
	}
}

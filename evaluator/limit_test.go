package evaluator

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Section 5: CPU time counts, and the wall clock only at last: who is kept from running is not punished.
func TestLimitCountsCPUTime(t *testing.T) {
	for name, c := range map[string]struct {
		used func(wall time.Duration) time.Duration // as a function of the time on the clock
		want time.Duration                          // when it is cancelled
	}{
		"runs all the time":     {func(wall time.Duration) time.Duration { return wall }, 50 * time.Millisecond},
		"runs half of the time": {func(wall time.Duration) time.Duration { return wall / 2 }, 100 * time.Millisecond},
		"is paused":             {func(time.Duration) time.Duration { return 0 }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began, ended := time.Now(), make(chan time.Duration, 9)
				l := newLimit(func() time.Duration { return c.used(time.Since(began)) }, cpuLimit, wallLimit, func() { ended <- time.Since(began) })
				if got := <-ended; got < c.want || got > c.want+2*time.Millisecond {
					t.Errorf("cancelled after %v, want %v", got, c.want)
				}
				l.stop()
				if time.Sleep(time.Minute); len(ended) > 0 { // of virtual time
					t.Error("cancelled twice")
				}
			})
		})
	}
}

// What has ended in time is not cancelled later, whatever comes next on its thread.
func TestLimitStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimit(func() time.Duration { return time.Hour }, cpuLimit, wallLimit, func() { t.Error("cancelled") })
		l.stop()
		l.look() // the timer had fired already
		time.Sleep(time.Minute)
	})
}

// Section 5: the limit of an Evaluator that was given none ends a rule that does not, and says where.
func TestOwnLimit(t *testing.T) {
	p := quick(t, slow)
	if d := ask(serve(p), p, crash(p)); !strings.Contains(d.FailSafe, "recovery/slow.rego:") || !strings.Contains(d.FailSafe, errTimeout.Error()) {
		t.Errorf("got %q", d.FailSafe)
	}
	hang := crash(p)
	hang.Issue = "hang"
	if d := ask(serve(p), p, hang); d.FailSafe != "" {
		t.Errorf("got %q", d.FailSafe)
	}
}

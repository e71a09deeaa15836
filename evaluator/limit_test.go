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
		used func(wall time.Duration) time.Duration // as a function of the time on the clock since it is measured
		want time.Duration                          // when it is over
	}{
		"runs all the time":     {func(wall time.Duration) time.Duration { return wall }, 50 * time.Millisecond},
		"runs half of the time": {func(wall time.Duration) time.Duration { return wall / 2 }, 95 * time.Millisecond},
		"is paused":             {func(time.Duration) time.Duration { return 0 }, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stopped := 0
				l := &limit{cpu: cpuLimit, wall: wallLimit, began: time.Now(), measure: func() (func() time.Duration, func()) {
					from := time.Now()
					return func() time.Duration { return c.used(time.Since(from)) }, func() { stopped++ }
				}}
				for !l.Over() {
					time.Sleep(10 * time.Microsecond) // a step, in virtual time
				}
				if got := time.Since(l.began); got < c.want || got > c.want+time.Millisecond {
					t.Errorf("over after %v, want %v", got, c.want)
				}
				for range 2 * stride {
					if !l.Over() {
						t.Fatal("goes on after all")
					}
				}
				if l.Stop(); stopped != 1 {
					t.Errorf("stopped measuring %d times", stopped)
				}
			})
		})
	}
}

// What ends soon is not measured, which would cost more than its steps.
func TestShortIsNotMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &limit{cpu: cpuLimit, wall: wallLimit, began: time.Now(), measure: func() (func() time.Duration, func()) {
			t.Fatal("measured")
			return nil, nil
		}}
		for range 300 {
			if l.Over() {
				t.Fatal("over")
			}
			time.Sleep(10 * time.Microsecond) // in virtual time
		}
		l.Stop()
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

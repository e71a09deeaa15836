package runner

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"statemanager/engine"
)

// Failure table, controller slow: a pool is bounded, loses nothing, and does not make the same call twice at once.
func TestPool(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var work sync.WaitGroup
		var mu sync.Mutex
		running, most, done := 0, 0, map[int]int{}
		p := newPool(3, &work)
		call := func(n int) func() {
			return func() {
				mu.Lock()
				running++
				most = max(most, running)
				mu.Unlock()
				time.Sleep(time.Second) // virtual
				mu.Lock()
				defer mu.Unlock()
				running--
				done[n]++
			}
		}
		for n := range 10 {
			p.do(n, call(n))
			p.do(n, call(n)) // it waits or runs already
		}
		work.Wait()
		if most != 3 || len(done) != 10 {
			t.Errorf("%d ran at once, want 3; %d were done, want 10", most, len(done))
		}
		p.do(7, call(7)) // it is over: this one is new
		work.Wait()
		for n, times := range done {
			if want := map[bool]int{true: 2, false: 1}[n == 7]; times != want {
				t.Errorf("call %d was made %d times, want %d", n, times, want)
			}
		}
	})
}

// Rule 8.1: the clock starts as the wall clock and never steps back.
func TestBoottime(t *testing.T) {
	before := engine.Instant(time.Now().UnixNano())
	clock := Boottime()
	last := clock()
	if last < before || last.Sub(before) > time.Minute {
		t.Errorf("the clock says %s at %s", last.Time(), before.Time())
	}
	for range 1000 {
		now := clock()
		if now < last {
			t.Fatalf("the clock stepped back by %s", last.Sub(now))
		}
		last = now
	}
}

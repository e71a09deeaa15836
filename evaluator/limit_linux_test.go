package evaluator

import (
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The clock of a thread goes while it works, and other threads can read it.
func TestThreadUsage(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	used := threadUsage(unix.Gettid())
	for n := 0; used() < 5*time.Millisecond; n++ {
		if n > 1<<30 {
			t.Fatal("the clock stands still")
		}
	}
	read := make(chan [2]time.Duration)
	go func() { first := used(); read <- [2]time.Duration{first, used()} }()
	got := <-read
	if got[0] < 5*time.Millisecond || got[1] < got[0] {
		t.Errorf("read from another thread: %v", got)
	}
}

package enginetest

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"statemanager/engine"
)

// World is a daemon and everything around it.
type World struct {
	// Faults are the rules that were broken so far.
	Faults []string
	// Restarts says when the daemon is killed and started again.
	Restarts Restarts

	now    engine.Instant
	timers timers
	armed  int // timers made so far: ties go in that order
	random *rand.Rand
	out    strings.Builder
	quiet  bool // nothing is written to out

	policy  *Policy
	decider engine.Decider // policy, or what a test put in its place
	store   *store
	daemon  *daemon // nil = down
	lives   int64   // daemons so far: the leader's revision
	steps   int     // of all daemons so far
	held    bool    // saves do not get durable
	doomed  bool    // the daemon is killed when the next save is durable
	check   *checker

	nodes    map[string]*node
	streams  int64
	script   map[engine.ResourceID][]string
	flaky    map[engine.ResourceID]time.Duration // new instances crash after so long
	warmup   map[engine.ResourceID]time.Duration // new instances are ready after so long
	ledger   []string
	monitor  bool // the MonitoringServer is up
	accepted []string
	taken    map[engine.NoticeKey]bool
	commands int64
}

// began is when every story begins. It is no round number, so that nothing mistakes a duration for a moment.
const began = engine.Instant(1_000_003 * time.Hour)

// nodeTimeout is when a node that is not heard is silent.
const nodeTimeout = 10 * time.Second

// New makes a world with the nodes a and b, an empty store, and no daemon yet.
func New() *World {
	w := &World{now: began, monitor: true, store: newStore(), nodes: map[string]*node{}, script: map[engine.ResourceID][]string{},
		flaky: map[engine.ResourceID]time.Duration{}, warmup: map[engine.ResourceID]time.Duration{}, taken: map[engine.NoticeKey]bool{}}
	w.policy = newPolicy()
	w.decider = w.policy
	w.check = newChecker(w)
	for _, name := range []string{"a", "b"} {
		w.nodes[name] = newNode(w, name)
	}
	return w
}

// Transcript is what was written so far.
func (w *World) Transcript() string { return w.out.String() }

// lag is what a message takes: nothing, or up to 300 ms in a random story, so that messages overtake each other.
func (w *World) lag() time.Duration {
	if w.random == nil {
		return 0
	}
	return time.Duration(w.random.IntN(300)) * time.Millisecond
}

// alive is f for the daemon of the moment: nothing, once that one has ended.
func (w *World) alive(f func(*daemon)) func() {
	d := w.daemon
	return func() {
		if d != nil && w.daemon == d {
			f(d)
		}
	}
}

func (w *World) fault(format string, args ...any) {
	w.Faults = append(w.Faults, fmt.Sprintf(format, args...))
	w.printf("FAULT "+format, args...)
}

// printf writes an indented line: what an event led to.
func (w *World) printf(format string, args ...any) {
	if !w.quiet {
		fmt.Fprintf(&w.out, strings.Repeat(" ", 11)+format+"\n", args...)
	}
}

// timer is something that is to happen.
type timer struct {
	at engine.Instant
	n  int
	f  func()
}

type timers []timer

func (t timers) Len() int { return len(t) }
func (t timers) Less(i, j int) bool {
	return t[i].at < t[j].at || t[i].at == t[j].at && t[i].n < t[j].n
}
func (t timers) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)   { *t = append(*t, x.(timer)) }

// Pop is heap.Interface's.
func (t *timers) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	*t = (*t)[:last]
	return x
}

func (w *World) after(d time.Duration, f func()) { w.at(w.now.Add(d), f) }

func (w *World) at(t engine.Instant, f func()) {
	w.armed++
	heap.Push(&w.timers, timer{t, w.armed, f})
}

// mostAtOnce is how much may happen in one instant: more is a loop.
const mostAtOnce = 2000

// Advance moves the clock on by d and lets happen what is due until then, in order; the daemon's own deadline comes after
// the messages of its instant.
func (w *World) Advance(d time.Duration) {
	end := w.now.Add(d)
	for n := 0; ; n++ {
		next, wake := end+1, end+1
		if len(w.timers) > 0 {
			next = w.timers[0].at
		}
		if w.daemon != nil && w.daemon.wake != 0 {
			wake = max(w.daemon.wake, w.now)
		}
		at := min(next, wake)
		if at > end {
			w.now = end
			return
		}
		if at > w.now {
			n = 0
		}
		if w.now = max(w.now, at); n > mostAtOnce {
			w.fault("more than %d things happen in one instant", mostAtOnce)
			w.daemon = nil
			return
		}
		if next <= wake {
			heap.Pop(&w.timers).(timer).f()
		} else {
			w.daemon.tick()
		}
	}
}

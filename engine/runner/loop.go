package runner

import (
	"maps"
	"slices"
	"time"

	"statemanager/engine"
)

// loop owns the engine and the sequencer. Every field is touched by its goroutine alone.
type loop struct {
	*Runner
	engine   *engine.Engine
	seq      *Sequencer
	nodes    map[string]*node
	wakeAt   engine.Instant
	wake     *time.Timer
	desired  map[engine.ResourceID]*engine.Desired
	unread   map[engine.ResourceID]error // services whose value cannot be read: what they say
	found    []Broken                    // by Load
	revision int64                       // of the store, up to which desired is known
	waiting  []waiter
	replies  map[int64]chan engine.Reply
	lastID   int64 // of a reply
	history  ring
	order    order
	saving   saving
	counters counters
	pack     *engine.Pack              // the active one
	site     map[string]string         // facts that are set
	cell     *engine.Cell              // as the engine last had it saved
	saidAt   map[string]engine.Instant // when a trouble was last logged
}

// waiter waits for a revision of the store to be taken in.
type waiter struct {
	revision int64
	done     chan struct{}
}

func newLoop(r *Runner, stored *Loaded) *loop {
	l := &loop{Runner: r, seq: NewSequencer(maxRecords), nodes: map[string]*node{}, desired: map[engine.ResourceID]*engine.Desired{},
		unread: map[engine.ResourceID]error{}, found: stored.Broken, revision: stored.Revision, replies: map[int64]chan engine.Reply{},
		saidAt: map[string]engine.Instant{}, saving: newSaving(), counters: newCounters(), site: maps.Clone(stored.Site)}
	for id, d := range stored.Desired {
		l.desired[id] = &d
	}
	for _, b := range stored.Broken {
		r.log.Error("stored value cannot be read", "key", b.Key, "error", b.Err)
		if b.Service != (engine.ResourceID{}) {
			l.unread[b.Service] = b.Err
		}
	}
	l.history.load(stored)
	return l
}

// run goes on until the runner stops or another leads.
func (l *loop) run() {
	defer close(l.ended)
	defer l.setStatus(Status{})
	defer l.subs.close(unavailable("the daemon stops"))
	l.wake, l.saving.retry, l.saving.again = time.NewTimer(0), time.NewTimer(0), time.NewTimer(0)
	defer l.wake.Stop()
	defer l.saving.retry.Stop()
	defer l.saving.again.Stop()
	metrics := time.NewTicker(metricsEach)
	defer metrics.Stop()
	l.step(engine.Tick{})
	l.alertBroken()
	for {
		l.save()
		l.carry(l.seq.Out())
		l.tell()
		ready, wake := l.inbox.ready, l.wake.C
		if l.full() {
			ready, wake = nil, nil // the store is away: what comes waits, the newest wins; deadlines wait too
		}
		select {
		case <-l.life.Done():
			return
		case <-l.cfg.Deposed:
			l.cancel(ErrDeposed)
		case <-ready:
			l.takeSome()
		case call := <-l.calls:
			call(l)
		case s := <-l.saving.done:
			l.saved(s)
		case <-l.saving.retry.C:
			l.saving.paused = false
		case <-l.saving.again.C:
			l.seq.Reconsider()
		case <-wake:
			l.ring()
		case <-metrics.C:
			l.sendMetrics()
		}
	}
}

// full says whether so much waits for the store that no more may be decided.
func (l *loop) full() bool {
	effects, _ := l.seq.Held()
	return effects >= maxHeld
}

// takeSome takes what waits, but not for ever.
func (l *loop) takeSome() {
	for range maxBurst {
		switch ev := l.inbox.take().(type) {
		case nil:
			return
		case Change:
			l.changed(ev)
		case engine.Event:
			l.step(ev)
		}
	}
	l.inbox.wake()
}

// step moves the engine on. Nothing that it owes leaves before it is saved.
func (l *loop) step(ev engine.Event) {
	fx := l.engine.Step(l.cfg.Clock(), ev, l.cfg.Decider)
	l.seq.Add(fx)
	l.wakeAt = fx.WakeAt
	if fx.SaveCell != nil {
		l.cell = fx.SaveCell
	}
	l.sleep()
}

// sleep sets the timer to the next deadline. Go's timers stand still while the machine sleeps, so none is long.
func (l *loop) sleep() {
	wait := maxSleep
	if l.wakeAt != 0 {
		wait = min(wait, max(l.wakeAt.Sub(l.cfg.Clock()), 0))
	}
	l.wake.Reset(wait)
}

// ring looks whether the deadline has come.
func (l *loop) ring() {
	if l.wakeAt != 0 && l.wakeAt <= l.cfg.Clock() {
		l.step(engine.Tick{})
		return
	}
	l.sleep()
}

// tell shows the loop's standing to other goroutines.
func (l *loop) tell() {
	effects, saves := l.seq.Held()
	l.setStatus(Status{Loaded: true, Store: l.saving.err, Effects: effects, Saves: saves, Broken: l.found})
}

// seldom is true once a minute for each trouble, so that a log is not filled by one.
func (l *loop) seldom(trouble string) bool {
	now, at := l.cfg.Clock(), l.saidAt[trouble]
	if at != 0 && now < at.Add(sayAgain) {
		return false
	}
	l.saidAt[trouble] = now
	return true
}

// broken says whether Load could not read the value of a service, which is held then.
func (l *loop) broken(id engine.ResourceID) bool {
	return slices.ContainsFunc(l.found, func(b Broken) bool { return b.Service == id })
}

// alertBroken tells a human what could not be read.
func (l *loop) alertBroken() {
	for _, b := range l.found {
		l.step(engine.AlertRaised{Code: engine.AlertUnreadable, Args: []engine.Field{{Name: "error", Value: b.Err.Error()}, {Name: "key", Value: b.Key}}})
	}
}

package enginetest

import (
	"slices"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// daemon is one life of the State Manager: an engine and a sequencer.
type daemon struct {
	w       *World
	fence   int64
	engine  *engine.Engine
	seq     *runner.Sequencer
	wake    engine.Instant
	writing []runner.Batch       // in flight to a store that holds them
	told    []*engine.StateEvent // in the order of the steps, until they are durable and shown
	durable map[*engine.StateEvent]bool
}

// Restarts says when a World restarts its daemon by itself.
type Restarts struct {
	Every bool // after each step that saved, when what it owed has left
	Save  int  // once: between the save of this number, from 1, and what it lets leave
	Step  int  // once: after the step of this number, from 1, when what it owed has left
}

// start boots a daemon on the store.
func (w *World) start() {
	w.lives++
	d := &daemon{w: w, fence: w.lives, seq: runner.NewSequencer(128), durable: map[*engine.StateEvent]bool{}}
	w.daemon = d
	st := w.store.load()
	st.Now, st.NodeTimeout, st.Nodes, st.Pack, st.Site = w.now, nodeTimeout, w.names(), w.policy.active().pack, w.policy.site
	d.engine = engine.New(st)
	w.check.began(st)
	d.step(engine.Tick{})
	for _, name := range w.names() {
		if n := w.nodes[name]; n.up && w.daemon == d {
			n.connect()
		}
	}
}

// kill ends the daemon: what was not durable is lost; what is on the wire arrives.
func (w *World) kill() { w.daemon = nil }

func (w *World) names() []string {
	names := []string{}
	for name := range w.nodes {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (d *daemon) tick() {
	d.wake = 0
	d.step(engine.Tick{})
}

// step gives an event to the engine, and what the engine owes to the sequencer.
func (d *daemon) step(ev engine.Event) {
	w := d.w
	w.heading(eventText(ev))
	fx := d.engine.Step(w.now, ev, w.decider)
	d.wake = fx.WakeAt
	for _, x := range fx.History {
		if x.Decision != nil {
			w.printf("? %s", decisionText(x.Decision))
		} else {
			d.told = append(d.told, x.Event)
		}
	}
	w.check.stepped(ev, fx)
	d.seq.Add(fx)
	d.flush()
	w.steps++
	now := w.Restarts.Every && len(fx.Save) > 0 && len(d.writing) == 0 || w.Restarts.Step == w.steps
	if now && w.daemon == d {
		w.kill()
		w.start()
	}
}

// flush writes what may be written and lets leave what is owed for it.
func (d *daemon) flush() {
	for bs := d.seq.Batches(); len(bs) > 0; bs = d.seq.Batches() {
		d.writing = append(d.writing, bs...)
		if d.w.held {
			break
		}
		d.release()
	}
	if d.w.daemon == d {
		d.carry(d.seq.Out())
	}
}

// release makes durable what is in flight.
func (d *daemon) release() {
	bs := d.writing
	d.writing = nil
	for _, b := range bs {
		if d.w.daemon == d { // else another leads: it is fenced
			d.w.store.commit(d.w, b)
			d.seq.Saved(b.ID)
			for _, x := range b.Entries {
				d.durable[x.Event] = true
			}
		}
	}
}

// fail says that the store did not take what is in flight.
func (d *daemon) fail() {
	bs := d.writing
	d.writing = nil
	for _, b := range bs {
		d.seq.Failed(b.ID)
	}
}

// carry does what the runner's workers do.
func (d *daemon) carry(fx engine.Effects) {
	w := d.w
	for _, x := range fx.Report {
		w.printf("report to %s: %s", x.Node, specSetText(x))
		w.report(x)
	}
	for _, x := range fx.Dispatch {
		w.printf("dispatch %s", actionText(x))
		w.check.dispatched(x)
		w.call(x, d.fence)
	}
	for _, x := range fx.Inquire {
		w.printf("inquire %s #%d at %s", x.Service.Name, x.Seq, x.Node)
		w.inquire(x, d.fence)
	}
	for _, x := range fx.Observe {
		w.printf("observe %s at %s", x.Service.Name, x.Node)
		w.observe(x)
	}
	for _, x := range fx.Notify {
		w.printf("notify %s", noticeText(x))
		w.check.notified(x)
		w.notify(x)
	}
	d.told = slices.DeleteFunc(d.told, func(x *engine.StateEvent) bool {
		if d.durable[x] {
			w.printf("event %s", stateEventText(*x))
		}
		return d.durable[x]
	})
	clear(d.durable)
	for _, x := range fx.Reply {
		w.printf("reply %d %s %s", x.ID, x.Kind, x.Text)
	}
}

// report pushes specs to an agent; a link that is down swallows them.
func (w *World) report(x engine.SpecSet) {
	n := w.nodes[x.Node]
	start := n.stream
	w.at(max(n.last, w.now), w.alive(func(*daemon) {
		if n.up && n.stream == start {
			n.take(x)
		}
	}))
}

// observe is GetStateDiff: a node that cannot be reached answers nothing in time, which says that it cannot be seen
// (rule 2.3).
func (w *World) observe(x engine.ServiceRef) {
	n, answered := w.nodes[x.Node], false
	answer := func(diff engine.StateDiff) func() {
		return w.alive(func(d *daemon) {
			if !answered {
				answered = true
				d.step(engine.DiffSeen{Diff: diff, Asked: x.Asked})
			}
		})
	}
	w.after(w.lag(), func() {
		if n.up {
			w.after(w.lag(), answer(n.observe(x.Service)))
		}
	})
	w.after(askTimeout, answer(engine.StateDiff{Node: x.Node, Service: x.Service, Blind: true}))
}

// notify is SendAlert: the MonitoringServer accepts each key once.
func (w *World) notify(x engine.Notice) {
	if !w.monitor {
		return
	}
	accept := w.alive(func(d *daemon) { d.step(engine.NoticeAccepted{Service: x.Key.Service, Key: x.Key}) })
	w.after(w.lag(), func() {
		if !w.taken[x.Key] {
			w.taken[x.Key] = true
			w.accepted = append(w.accepted, noticeText(x))
		}
		w.after(w.lag(), accept)
	})
}

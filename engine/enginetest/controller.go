package enginetest

import (
	"fmt"
	"time"

	"statemanager/engine"
)

// row is an action in a controller's durable ledger.
type row struct {
	done   bool
	lost   bool // with the node, while it was carried out
	result engine.Result
	waits  []func() // calls that wait for the outcome
}

// Behaviours are what a controller may do with an action; the command `script` names them.
var Behaviours = []string{
	"ok",      // does it in a second and says so
	"fail",    // does nothing and says failed
	"timeout", // does nothing and says timed_out, when the time is over
	"lost",    // never hears of it
	"late",    // hears of it 40 s late
	"away",    // cannot be reached, which is known at once
	"slow",    // does it in 50 s
	"stuck",   // does it in twenty minutes
	"mute",    // does it; the answer is lost
	"lie",     // does nothing and says succeeded
	"lie2",    // does it and says failed
}

const (
	callMargin = 2 * time.Second  // the deadline of a call is so much longer than the action's timeout (rule 3.1)
	askTimeout = 5 * time.Second  // of GetAction and GetStateDiff
	usual      = time.Second      // what an action takes
	slow       = 50 * time.Second // ... a slow one
	lateness   = 40 * time.Second
	stuck      = 20 * time.Minute
)

// call is ExecuteAction as the daemon makes it: a request, an answer, and a deadline.
func (w *World) call(a *engine.Action, fence int64) {
	n, how := w.nodes[a.Node], w.behaviour(a.Service)
	answered := false
	answer := w.alive(func(d *daemon) {
		if !answered {
			answered = true
			d.step(n.outcome(a.ActionRef))
		}
	})
	unknown := w.alive(func(d *daemon) {
		if !answered {
			answered = true
			d.step(engine.ActionStatus{Ref: a.ActionRef, State: engine.ActionNoAnswer})
		}
	})
	w.after(a.Row.Timeout+callMargin, unknown)
	arrive := func() {
		if n.up {
			n.execute(a, fence, how, answer)
		}
	}
	switch how {
	case "lost":
	case "away":
		w.after(w.lag(), unknown)
	case "late":
		w.after(lateness, arrive)
	default:
		w.after(w.lag(), arrive)
	}
}

func (w *World) behaviour(id engine.ResourceID) string {
	s := w.script[id]
	if len(s) == 0 {
		return "ok"
	}
	w.script[id] = s[1:]
	return s[0]
}

// execute is ExecuteAction as the controller takes it (rule 3.2).
func (n *node) execute(a *engine.Action, fence int64, how string, answer func()) {
	if r := n.rows[a.ActionRef]; r != nil {
		if r.result == engine.NeverRan {
			n.w.note(a, "refused") // it was burned
		}
		if r.done {
			answer()
		} else {
			r.waits = append(r.waits, answer)
		}
		return
	}
	if fence < n.fence || !a.Above(n.highest[a.Service]) {
		n.w.note(a, "refused")
		answer()
		return
	}
	n.w.check.accepted(n, a)
	r := &row{waits: []func(){answer}}
	n.fence, n.highest[a.Service], n.rows[a.ActionRef] = fence, a.EpochSeq, r
	n.w.after(takes(a, how), func() { n.finish(a, r, how) })
}

func takes(a *engine.Action, how string) time.Duration {
	return map[string]time.Duration{"slow": slow, "stuck": stuck, "timeout": a.Row.Timeout}[how] + usual
}

func (n *node) finish(a *engine.Action, r *row, how string) {
	if r.lost {
		return
	}
	n.w.note(a, how)
	r.done, r.result = true, engine.Succeeded
	switch how {
	case "fail", "lie2":
		r.result = engine.Failed
	case "timeout":
		r.result = engine.TimedOut
	}
	switch how {
	case "fail", "timeout", "lie":
	default:
		n.do(a)
	}
	if how == "mute" || !n.up {
		return
	}
	for _, answer := range r.waits {
		n.w.after(n.w.lag(), answer)
	}
}

// outcome is what the controller says of an action now.
func (n *node) outcome(ref engine.ActionRef) engine.ActionStatus {
	st := engine.ActionStatus{Ref: ref}
	switch r := n.rows[ref]; {
	case r == nil:
		st.State, st.Result, st.Highest = engine.ActionDone, engine.Refused, n.highest[ref.Service]
	case r.lost:
		st.State = engine.ActionCannotTell
	case !r.done:
		st.State = engine.ActionRunning
	case r.result == engine.NeverRan:
		st.State = engine.ActionNeverHeard
	default:
		st.State, st.Result = engine.ActionDone, r.result
	}
	return st
}

// inquire is GetAction: an action that was never heard of is burned in the same write (rule 3.5).
func (w *World) inquire(ref engine.ActionRef, fence int64) {
	n := w.nodes[ref.Node]
	if !n.up {
		w.after(askTimeout, w.alive(func(d *daemon) {
			d.step(engine.ActionStatus{Ref: ref, State: engine.ActionNoAnswer})
		}))
		return
	}
	w.after(w.lag(), func() {
		if n.rows[ref] == nil {
			n.burn(ref)
		}
		n.fence = max(n.fence, fence)
		w.after(w.lag(), w.alive(func(d *daemon) { d.step(n.outcome(ref)) }))
	})
}

func (n *node) burn(ref engine.ActionRef) {
	n.rows[ref] = &row{done: true, result: engine.NeverRan}
	if ref.Above(n.highest[ref.Service]) {
		n.highest[ref.Service] = ref.EpochSeq
	}
	n.w.ledger = append(n.w.ledger, fmt.Sprintf("burned %s #%d", ref.Service.Name, ref.Seq))
}

// note writes what became of an action into the ledger that the command `ledger` shows.
func (w *World) note(a *engine.Action, how string) {
	w.ledger = append(w.ledger, fmt.Sprintf("%s %s #%d %s", a.Kind, a.Service.Name, a.Seq, how))
}

package runner

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"statemanager/engine"
)

// node carries what is owed to one node. Its reports keep their order; of a service only the newest waits, so a slow
// agent costs no more than one whole set.
type node struct {
	id      string
	r       *Runner
	execute *pool
	ask     *pool

	mu        sync.Mutex
	set       *engine.SpecSet // that waits
	reporting bool            // a goroutine pushes
}

func (r *Runner) newNode(id string) *node {
	return &node{id: id, r: r, execute: newPool(maxExecute, &r.work), ask: newPool(maxAsk, &r.work)}
}

// report pushes specs. It never blocks.
func (n *node) report(x engine.SpecSet) {
	a := n.r.cfg.Agents[n.id]
	if a == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.set = merged(n.set, x)
	if !n.reporting {
		n.reporting = true
		n.r.work.Go(func() { n.push(a) })
	}
}

// push tells an agent what waits, until nothing does. What it does not take is forgotten: the link is then down, and the
// whole set is owed when it is up.
func (n *node) push(a Agent) {
	for set := n.waiting(); set != nil; set = n.waiting() {
		ctx, cancel := context.WithTimeout(n.r.life, askTimeout)
		if err := a.Report(ctx, *set); err != nil {
			n.notTaken(err)
		}
		cancel()
	}
}

// notTaken logs what an agent did not take. One that calls a spec wrong will do so again: that is worth more than a link
// that is down.
func (n *node) notTaken(err error) {
	if engine.KindOf(err) != engine.Invalid {
		n.r.log.Debug("specs not taken", "node", n.id, "error", err)
		return
	}
	n.r.call(n.r.life, func(l *loop) {
		if l.seldom("specs of " + n.id) {
			l.log.Error("agent does not take a spec: it goes on with the last one", "node", n.id, "error", err)
		}
	})
}

func (n *node) waiting() *engine.SpecSet {
	n.mu.Lock()
	defer n.mu.Unlock()
	set := n.set
	n.set, n.reporting = nil, set != nil
	return set
}

// merged is what is still to be pushed when x is owed after old.
func merged(old *engine.SpecSet, x engine.SpecSet) *engine.SpecSet {
	if old == nil || x.Whole {
		return &x
	}
	out := engine.SpecSet{Node: x.Node, Whole: old.Whole, Specs: slices.Clone(old.Specs)}
	for _, u := range x.Specs {
		out.Specs = slices.DeleteFunc(out.Specs, func(o engine.SpecUpdate) bool { return o.Service == u.Service })
		if u.Spec != nil || !out.Whole { // what a whole set does not name is forgotten
			out.Specs = append(out.Specs, u)
		}
	}
	return &out
}

// dispatch sends an action. Its deadline runs from here: not while it waited for its save.
func (n *node) dispatch(a *engine.Action) {
	n.execute.do(a.ActionRef, func() {
		n.status(a.ActionRef, func(c Controller) (engine.ActionStatus, error) {
			ctx, cancel := context.WithTimeout(n.r.life, a.Row.Timeout+callMargin)
			defer cancel()
			return c.Execute(ctx, a, n.r.cfg.Fence)
		})
	})
}

// inquire asks what became of an action.
func (n *node) inquire(ref engine.ActionRef) {
	n.ask.do(ref, func() {
		n.status(ref, func(c Controller) (engine.ActionStatus, error) {
			ctx, cancel := context.WithTimeout(n.r.life, askTimeout)
			defer cancel()
			return c.Get(ctx, ref, n.r.cfg.Fence)
		})
	})
}

// status posts what a controller says. Where none answers nothing is known (rule 3.4).
func (n *node) status(ref engine.ActionRef, call func(Controller) (engine.ActionStatus, error)) {
	st, err := engine.ActionStatus{}, fmt.Errorf("reach controller: the configuration names none for node %s", n.id)
	if c := n.r.cfg.Controllers[n.id]; c != nil {
		st, err = call(c)
	}
	if err != nil {
		n.r.log.Debug("controller did not answer", "node", n.id, "service", ref.Service, "seq", ref.Seq, "error", err)
		st = engine.ActionStatus{State: engine.ActionNoAnswer, Message: err.Error()}
	}
	st.Ref = ref
	n.r.inbox.post(st)
}

// observe asks for an observation. An answer that does not come says that the agent cannot see (rule 2.3).
func (n *node) observe(ref engine.ServiceRef) {
	n.ask.do(ref, func() {
		diff, err := engine.StateDiff{}, error(nil)
		if a := n.r.cfg.Agents[n.id]; a != nil {
			ctx, cancel := context.WithTimeout(n.r.life, askTimeout)
			defer cancel()
			diff, err = a.Observe(ctx, ref)
		}
		if err != nil || diff.Node == "" {
			n.r.log.Debug("agent did not answer", "node", n.id, "service", ref.Service, "error", err)
			diff = engine.StateDiff{Node: ref.Node, Service: ref.Service, Blind: true}
		}
		n.r.inbox.post(engine.DiffSeen{Diff: diff, Asked: ref.Asked})
	})
}

package engine_test

import (
	"strings"
	"testing"
	"time"

	"statemanager/engine"
)

// thrifty is a policy that restarts what has crashed unless a budget or the health of its group is spent.
type thrifty struct {
	asked
	waits bool // while no instance is left
}

func (p *thrifty) Decide(q engine.Question) engine.Decision {
	d := p.asked.Decide(q)
	switch f := q.Facts.(type) {
	case engine.RecoveryFacts:
		if p.waits && f.Unwell == "all" {
			d.Answer = engine.RecoveryAnswer{Action: engine.Wait}
		}
	case engine.DispatchFacts:
		spent := f.BudgetService == "spent" || f.BudgetNode == "spent" || f.BudgetGroup == "spent" || f.BudgetCell == "spent" || f.GroupHealth == "spent"
		d.Answer = engine.DispatchAnswer{Run: !spent}
	}
	return d
}

// shared is a cell of twenty services, two groups, under a policy that minds budgets.
func shared(t *testing.T, edit func(*engine.Pack)) (*cell, *thrifty) {
	c, p := newCell(t, 20), &thrifty{asked: asked{action: engine.Restart}}
	pack := c.pack
	pack.GroupWell, pack.Budgets, pack.Widespread = engine.GroupWell{}, nil, engine.Widespread{}
	edit(&pack)
	c.sent(p, engine.PackActivated{Pack: &pack})
	return c, p
}

// sent are the services whose actions leave by an event.
func (c *cell) sent(p engine.Decider, ev engine.Event) (out []int) {
	return c.order(c.Step(c.now, ev, p))
}

func (c *cell) order(fx engine.Effects) (out []int) {
	for _, a := range fx.Dispatch {
		out = append(out, c.index(a.Service))
	}
	return out
}

// woken are those whose actions leave up to a moment, when the engine is stepped only as it asks to be.
func (c *cell) woken(p engine.Decider, until engine.Instant) (out []int) {
	for fx := c.Step(c.now, engine.Tick{}, p); ; fx = c.Step(c.now, engine.Tick{}, p) {
		if out = append(out, c.order(fx)...); fx.WakeAt == 0 || fx.WakeAt > until {
			c.now = until
			return out
		}
		c.now = max(c.now, fx.WakeAt)
	}
}

// neverRan ends the action of a service.
func (c *cell) neverRan(i int) engine.ActionStatus {
	v, _ := c.View(c.ids[i], c.now)
	return engine.ActionStatus{Ref: v.Record.Slots[0].ActionRef, State: engine.ActionNeverHeard}
}

func is(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: the actions of %v leave, want of %v", what, got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s: the actions of %v leave, want of %v", what, got, want)
		}
	}
}

// Rule 6.5: who waits for an action in flight is woken when the window of its budget ends, though it landed before.
func TestBudgetFreedAfterLanding(t *testing.T) {
	c, p := shared(t, func(p *engine.Pack) { p.Budgets = map[string]engine.Budget{"cell": {Limit: 1, Window: time.Minute}} })
	is(t, "first", c.sent(p, c.crashed(0, 0)), 0)
	began := c.now
	is(t, "spent", c.sent(p, c.crashed(7, 0)))
	is(t, "spent", c.sent(p, c.crashed(3, 0)))
	c.now = c.now.Add(10 * time.Second)
	is(t, "landed", c.sent(p, c.neverRan(0)))
	is(t, "well", c.sent(p, c.diff(0, 0)))
	is(t, "in the window", c.woken(p, began.Add(time.Minute-1)))
	is(t, "after it", c.woken(p, began.Add(time.Minute)), 3)
}

// Rule 1.4: who waits for a budget is told until when it is spent, also in the answer of retry.
func TestBudgetHoldsUntil(t *testing.T) {
	c, p := shared(t, func(p *engine.Pack) { p.Budgets = map[string]engine.Budget{"cell": {Limit: 1, Window: time.Minute}} })
	is(t, "first", c.sent(p, c.crashed(0, 0)), 0)
	until := c.now.Add(time.Minute)
	is(t, "spent", c.sent(p, c.crashed(7, 0)))
	held := func() (out engine.Hold) {
		v, _ := c.View(c.ids[7], c.now)
		for _, h := range v.Holds {
			if h.Code == "budget_spent" {
				out = h
			}
		}
		return out
	}
	if h := held(); h.Code == "" || h.Until != 0 {
		t.Errorf("while an action is in flight it is held by %+v", h)
	}
	is(t, "landed", c.sent(p, c.neverRan(0)))
	is(t, "well", c.sent(p, c.diff(0, 0)))
	want := engine.Hold{Code: "budget_spent", Until: until, Text: "the budget of its cell is spent"}
	if h := held(); h != want {
		t.Errorf("it is held by %+v, want %+v", h, want)
	}
	fx := c.Step(c.now, engine.Command{ID: 1, Service: c.ids[7], Verb: engine.VerbRetry}, p)
	if len(fx.Reply) != 1 || !strings.Contains(fx.Reply[0].Text, want.String()) {
		t.Errorf("retry answers %+v, want it to say %q", fx.Reply, want)
	}
	is(t, "after it", c.woken(p, until), 7)
	if h := held(); h.Code != "" {
		t.Errorf("when it is freed it is held by %+v", h)
	}
}

// Rule 8.3: an action where its service is not seen any more is not counted, so that others go on.
func TestBudgetFreedBySilence(t *testing.T) {
	for what, unseen := range map[string]func(*cell) engine.Event{
		"silent": func(c *cell) engine.Event { return engine.AgentChanged{Node: node(0), State: engine.AgentSilent} },
		"blind": func(c *cell) engine.Event {
			d := c.diff(0, 0)
			d.Diff.Blind = true
			return d
		},
	} {
		c, p := shared(t, func(p *engine.Pack) { p.Budgets = map[string]engine.Budget{"cell": {Limit: 1, Window: time.Minute}} })
		is(t, "first", c.sent(p, c.crashed(0, 0)), 0)
		is(t, "spent", c.sent(p, c.crashed(7, 0)))
		is(t, "in flight", c.woken(p, c.now.Add(10*time.Minute)))
		is(t, what, c.sent(p, unseen(c)), 7)
	}
}

// Rule 6.5: who waits for the health of its group is woken by a member that is well again, and by one that goes.
func TestGroupHealthFreed(t *testing.T) {
	c, p := shared(t, func(p *engine.Pack) { p.GroupWell = engine.GroupWell{Percent: 85} })
	p.waits = true
	is(t, "waits", c.sent(p, c.crashed(5, 0)))
	is(t, "spent", c.sent(p, c.crashed(1, 1)))
	is(t, "well again", c.sent(p, c.diff(5, 0)), 1)
	is(t, "landed", c.sent(p, c.neverRan(1)))
	is(t, "well", c.sent(p, c.diff(1, 0)))
	is(t, "waits", c.sent(p, c.crashed(5, 0)))
	is(t, "spent", c.sent(p, c.crashed(2, 1)))
	is(t, "gone", c.sent(p, engine.DesiredChanged{Service: c.ids[5]}), 2)
}

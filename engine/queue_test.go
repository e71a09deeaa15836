package engine_test

import (
	"slices"
	"testing"
	"time"

	"statemanager/engine"
)

// urgent is a policy that ranks services by their status, and recovers by one action.
type urgent struct {
	calm
	action engine.ActionKind
}

// ranks are the answers of planning by status.
var ranks = map[string]engine.PlanAnswer{
	"crashed":  {Issue: "crash", Priority: 0},
	"hung":     {Issue: "crash", Priority: 9},
	"finished": {Issue: "crash", Priority: 9, Critical: true},
}

// Decide answers at once.
func (p *urgent) Decide(q engine.Question) engine.Decision {
	d := p.calm.Decide(q)
	switch f := q.Facts.(type) {
	case engine.PlanFacts:
		d.Answer = ranks[f.Diff.Status]
	case engine.RecoveryFacts:
		d.Answer = engine.RecoveryAnswer{Action: p.action}
	}
	return d
}

const (
	atOnce   = 64 // services that a step settles
	crowded  = 70 // services in all:
	low      = 10 // the first, with priority 9
	critical = 68 // from here they are critical; the others have priority 0
)

// crowd is a cell of services that all are unwell, and wait for policy to say more than that.
func crowd(t *testing.T) (*cell, *urgent) {
	c, p := newCell(t, crowded), &urgent{action: engine.Wait}
	for i := range crowded {
		d := c.diff(i, 0)
		d.Diff.Status = &engine.StatusDiff{Status: "crashed"}
		switch {
		case i < low:
			d.Diff.Status.Status = "hung"
		case i >= critical:
			d.Diff.Status.Status = "finished"
		}
		d.Diff.Instances[0].State = engine.InstanceUnhealthy
		c.Step(c.now, d, p)
	}
	c.now = c.now.Add(time.Minute)
	c.Step(c.now, engine.Tick{}, p)
	return c, p
}

// restarted are the services that actions are sent for, in order.
func (c *cell) restarted(fx engine.Effects) (order []int) {
	for _, a := range fx.Dispatch {
		order = append(order, c.index(a.Service))
	}
	return order
}

func numbers(from, to int) (out []int) {
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

// A step settles so many services, the critical first, then by priority, then by name; the next settles the rest, at once.
func TestQueueOrder(t *testing.T) {
	c, p := crowd(t)
	p.action = engine.Restart
	fx := c.Step(c.now, engine.FactsChanged{}, p)
	want := slices.Concat(numbers(critical, crowded), numbers(low, critical), numbers(0, atOnce+low-crowded))
	if got := c.restarted(fx); !slices.Equal(got, want) {
		t.Errorf("settled in the order %v, want %v", got, want)
	}
	if fx.WakeAt != c.now {
		t.Errorf("woken in %v, want at once: some are left", fx.WakeAt.Sub(c.now))
	}
	if got, want := c.restarted(c.Step(c.now, engine.Tick{}, p)), numbers(atOnce+low-crowded, low); !slices.Equal(got, want) {
		t.Errorf("then %v, want %v", got, want)
	}
}

// Nobody is starved: what has waited for ten seconds with priority 9 is settled before what is new with priority 0.
func TestQueueAges(t *testing.T) {
	c, p := crowd(t)
	c.Step(c.now, engine.FactsChanged{}, p)
	p.action = engine.Restart
	c.now = c.now.Add(10 * time.Second)
	fx := c.Step(c.now, engine.FactsChanged{}, p)
	want := slices.Concat(numbers(critical, crowded), numbers(atOnce+low-crowded, low), numbers(low, critical))[:atOnce]
	if got := c.restarted(fx); !slices.Equal(got, want) {
		t.Errorf("settled in the order %v, want %v", got, want)
	}
}

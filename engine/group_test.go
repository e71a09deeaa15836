package engine_test

import (
	"testing"
	"time"

	"statemanager/engine"
)

// asked is a policy that recovers by one action, which never leaves, and keeps what it was asked.
type asked struct {
	calm
	action   engine.ActionKind
	recovery []engine.RecoveryFacts
	dispatch []engine.DispatchFacts
	places   []engine.PlacementFacts
}

func (p *asked) Decide(q engine.Question) engine.Decision {
	d := p.calm.Decide(q)
	switch f := q.Facts.(type) {
	case engine.PlanFacts:
		if f.Diff.Status != "same" {
			d.Answer = engine.PlanAnswer{Issue: "crash"}
		}
	case engine.RecoveryFacts:
		p.recovery = append(p.recovery, f)
		d.Answer = engine.RecoveryAnswer{Action: p.action}
	case engine.DispatchFacts:
		p.dispatch = append(p.dispatch, f)
		d.Answer = engine.DispatchAnswer{}
	case engine.PlacementFacts:
		p.places = append(p.places, f)
	}
	return d
}

// crashed is an observation of a service whose first instance has exited; running of its others run.
func (c *cell) crashed(i, running int) engine.DiffSeen {
	d := c.diff(i, 0)
	d.Diff.Status = &engine.StatusDiff{Status: "crashed"}
	d.Diff.Instances[0].State = engine.InstanceExited
	for n := range running {
		d.Diff.Instances = append(d.Diff.Instances, engine.Instance{ID: string(rune('j' + n)), State: engine.InstanceRunning, Version: "v1"})
	}
	return d
}

// A fact that another member changes wakes those it is asked of: widespread.version, when so many are reached and when
// they no longer are.
func TestVersionWakesItsOthers(t *testing.T) {
	c, p := newCell(t, 20), &asked{action: engine.Wait}
	last := func(ev engine.Event) (n int, wide bool) {
		before := len(p.recovery)
		c.now = c.now.Add(time.Second)
		c.Step(c.now, ev, p)
		return len(p.recovery) - before, len(p.recovery) > before && p.recovery[len(p.recovery)-1].WideVersion
	}
	if n, wide := last(c.crashed(0, 0)); n == 0 || wide {
		t.Fatalf("alone: asked %d times, widespread %v", n, wide)
	}
	if n, wide := last(c.crashed(10, 0)); n == 0 || wide {
		t.Fatalf("with one of another group: asked %d times, widespread %v", n, wide)
	}
	if n, wide := last(c.crashed(1, 0)); n < 2 || !wide {
		t.Errorf("with a second member: asked %d times, widespread %v", n, wide)
	}
	if n, wide := last(c.diff(1, 0)); n == 0 || wide {
		t.Errorf("after it is well again: asked %d times, widespread %v", n, wide)
	}
	if n, _ := last(c.diff(2, 0)); n != 0 {
		t.Errorf("an observation that changes no sum asks %d times", n)
	}
}

// A member that has no ready instance takes nothing from its group, one that has does.
func TestGroupHealthOfOneThatIsDown(t *testing.T) {
	for running, want := range map[int]string{0: "left", 1: "spent"} {
		c, p := newCell(t, 1), &asked{action: engine.Restart}
		c.Step(c.now, c.crashed(0, running), p)
		if len(p.dispatch) == 0 || p.dispatch[len(p.dispatch)-1].GroupHealth != want {
			t.Errorf("with %d ready instances: %+v, want %s", running, p.dispatch, want)
		}
	}
}

// A node with a capacity has room again as soon as a service is to leave it.
func TestFitsCountsWhatIsWanted(t *testing.T) {
	c, p := newCell(t, 2), &asked{action: engine.Wait}
	full := engine.NodeInfo{ID: "n1", Ready: true, Load: "idle", Capacity: 1}
	c.Step(c.now, engine.AgentChanged{Node: "n1", State: engine.AgentInfo, Start: 1, Info: full}, p)
	fits := func() bool {
		p.places = nil
		c.Step(c.now, c.crashed(0, 0), p)
		for _, f := range p.places {
			if !f.Fits {
				return false
			}
		}
		if len(p.places) == 0 {
			t.Fatal("placement is not asked")
		}
		return true
	}
	if fits() {
		t.Error("a node whose one place is taken has room")
	}
	leaves := engine.Spec{Node: "n2", Replicas: 1, Version: "v1", State: engine.Running}
	c.Step(c.now, engine.DesiredChanged{Service: c.ids[1], Desired: &engine.Desired{Spec: leaves, Generation: 2, Observed: 2, Created: 1}}, p)
	if !fits() {
		t.Error("a service that only leaves takes a place")
	}
}

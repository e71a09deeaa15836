package engine_test

import (
	"testing"
	"time"

	"statemanager/engine"
)

// Rule 8.4: a new leader counts what became unwell at a node by when it did, in whatever order the records come.
func TestFallsOfAStore(t *testing.T) {
	for _, ago := range [][]time.Duration{{10, 300, 20}, {300, 20, 10}, {20, 10, 300}} {
		c, p := newCell(t, 21), &asked{action: engine.Wait}
		st := engine.State{Now: c.now, NodeTimeout: 10 * time.Second, Pack: &c.pack, Cell: &engine.Cell{Epoch: 1}, Desired: map[engine.ResourceID]engine.Desired{}}
		for i, s := range ago {
			v, _ := c.View(c.ids[10*i], c.now)
			r := *v.Record
			r.Ladder = &engine.Ladder{Issue: "crash", State: engine.LadderOpen, Opened: c.now.Add(-s * time.Second)}
			st.Records, st.Desired[r.ID] = append(st.Records, &r), *r.Desired
		}
		c.Engine = engine.New(st)
		c.Step(c.now, engine.AgentChanged{Node: node(0), State: engine.AgentConnected, Start: 1}, p)
		c.Step(c.now, engine.AgentChanged{Node: node(0), State: engine.AgentSynced, Start: 1}, p)
		c.Step(c.now, c.crashed(0, 0), p)
		if len(p.recovery) == 0 {
			t.Fatal("recovery is not asked")
		}
		for _, f := range p.recovery {
			if f.WideNode {
				t.Errorf("unwell since %d s: three in a minute", ago)
			}
		}
	}
}

// What was counted in a group is gone with its last member, as it is for a new leader (rules 1.7, 8.4).
func TestGroupIsGone(t *testing.T) {
	c, p := shared(t, func(p *engine.Pack) {
		p.Widespread.Group = engine.Budget{Limit: 3, Window: time.Hour}
		p.Budgets = map[string]engine.Budget{"group": {Limit: 1, Window: time.Hour}}
	})
	is(t, "the first", c.sent(p, c.crashed(10, 0)), 10)
	is(t, "of the same group", c.sent(p, c.crashed(11, 0)))
	is(t, "landed", c.sent(p, c.neverRan(10)))
	for i := 10; i < 20; i++ {
		d := c.diff(i, 0)
		d.Diff.Rev, d.Diff.Instances = 0, nil
		c.sent(p, engine.DesiredChanged{Service: c.ids[i]})
		c.sent(p, d)
		if _, ok := c.View(c.ids[i], c.now); ok {
			t.Fatalf("service %d is not gone", i)
		}
	}
	p.recovery = nil
	spec := engine.Spec{Node: node(0), Replicas: 1, Version: "v1", State: engine.Running, Labels: map[string]string{"app": "1"}}
	c.sent(p, engine.DesiredChanged{Service: c.ids[10], Desired: &engine.Desired{Spec: spec, Generation: 1, Observed: 1, Created: 1}})
	is(t, "a new one", c.sent(p, c.crashed(10, 0)), 10)
	if len(p.recovery) == 0 || p.recovery[0].WideGroup {
		t.Errorf("%d questions, the first says that the whole group is unwell", len(p.recovery))
	}
}

package engine_test

import (
	"testing"
	"time"

	"statemanager/engine"
)

// A restart of the daemon does not make what was available so anew, nor end a recovery that there was none of. What was
// silent meanwhile is available since it was seen again.
func TestConditionsSinceBeforeTheRestart(t *testing.T) {
	c := newCell(t, 1)
	v, _ := c.View(c.ids[0], c.now)
	again := func(first ...engine.Event) (available, recovering engine.Condition) {
		now := c.now.Add(time.Hour)
		e := engine.New(engine.State{Now: now, NodeTimeout: 10 * time.Second, Pack: &c.pack, Nodes: []string{node(0)}, Cell: &engine.Cell{Epoch: 1},
			Records: []*engine.Record{v.Record}, Desired: map[engine.ResourceID]engine.Desired{c.ids[0]: *v.Record.Desired}})
		d := c.diff(0, 0)
		d.Diff.Counter.Start = 2
		for _, ev := range append(first, engine.AgentChanged{Node: node(0), State: engine.AgentConnected, Start: 2, Info: engine.NodeInfo{ID: node(0), Ready: true}},
			d, engine.AgentChanged{Node: node(0), State: engine.AgentSynced, Start: 2}) {
			now = now.Add(time.Second)
			e.Step(now, ev, calm{})
		}
		got, _ := e.View(c.ids[0], now)
		return got.Conditions[0], got.Conditions[2]
	}
	a, r := again()
	if was := v.Conditions[0]; a.Status != engine.ConditionTrue || a != was {
		t.Errorf("available %+v, before it was %+v", a, was)
	}
	if was := v.Conditions[2]; r != was {
		t.Errorf("recovering %+v, before it was %+v", r, was)
	}
	if a, _ = again(engine.AgentChanged{Node: node(0), State: engine.AgentSilent}); a.Since <= c.now {
		t.Errorf("after silence it is available since %v, before it was seen again", a.Since.Time())
	}
}

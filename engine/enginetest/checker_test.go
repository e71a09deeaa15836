package enginetest

import (
	"strings"
	"testing"

	"statemanager/engine"
)

// TestChecker: every invariant that the stories are held against can be seen to break.
func TestChecker(t *testing.T) {
	id := service("web")
	ref := func(seq int64) engine.ActionRef {
		return engine.ActionRef{Node: "a", Service: id, EpochSeq: engine.EpochSeq{Epoch: 1, Seq: seq}}
	}
	action := func(k engine.ActionKind, seq int64) *engine.Action {
		return &engine.Action{ActionRef: ref(seq), Kind: k, State: engine.SlotIntent}
	}
	spec := engine.Spec{Node: "a", Version: "v1", Replicas: 1, State: engine.Running}
	record := func(change func(*engine.Record)) *engine.Record {
		s := spec
		r := &engine.Record{ID: id, Phase: engine.Running, Desired: &engine.Desired{Spec: spec}, Spec: &s, Rev: 1, Seq: 9, Epoch: 1}
		change(r)
		return r
	}
	dispatch := func(a *engine.Action) engine.Effects {
		return engine.Effects{Dispatch: []*engine.Action{a}, Save: []*engine.Record{record(func(r *engine.Record) { r.Slots = []*engine.Action{a} })}}
	}
	synced := engine.AgentChanged{Node: "a", State: engine.AgentSynced}
	for _, c := range []struct {
		name, want string
		do         func(c *checker)
	}{
		{"rule 6.1", "to a node that is", func(c *checker) { c.stepped(engine.Tick{}, dispatch(action(engine.Restart, 3))) }},
		{"rule 8.2", "after the last one", func(c *checker) {
			c.dispatched(action(engine.Restart, 3))
			c.dispatched(action(engine.Restart, 4))
		}},
		{"closed set", "not in the table", func(c *checker) { c.stepped(synced, dispatch(action("strange", 3))) }},
		{"allowed", "which refuse it", func(c *checker) { c.stepped(synced, dispatch(action("strange", 3))) }},
		{"rule 3.4", "while", func(c *checker) {
			c.saved(record(func(r *engine.Record) { r.Slots = []*engine.Action{action(engine.Create, 2)} }))
			a := action(engine.Restart, 3)
			fx := dispatch(a)
			fx.Save[0].Slots = []*engine.Action{action(engine.Create, 2), a}
			c.stepped(synced, fx)
		}},
		{"rule 3.4, slots", "two actions in flight", func(c *checker) {
			c.saved(record(func(r *engine.Record) { r.Slots = []*engine.Action{action(engine.Create, 2), action(engine.Stop, 3)} }))
		}},
		{"isolated", "isolated service", func(c *checker) {
			isolated := func(r *engine.Record) { r.Over.Isolated, r.Spec.Replicas = true, 0 }
			c.saved(record(isolated))
			fx := dispatch(action(engine.Recreate, 3))
			isolated(fx.Save[0])
			c.stepped(synced, fx)
		}},
		{"rule 6.3", "runs at b", func(c *checker) {
			c.w.nodes["b"].processes[id] = []*process{{id: "b1", state: engine.InstanceRunning}}
			c.stepped(synced, dispatch(action(engine.Create, 3)))
		}},
		{"stopped", "reconciliation is stopped", func(c *checker) {
			c.stepped(synced, engine.Effects{SaveCell: &engine.Cell{Paused: 1}})
			c.stepped(synced, dispatch(action(engine.Restart, 3)))
		}},
		{"rule 1.3, intent", "without the intent", func(c *checker) {
			c.saved(record(func(r *engine.Record) {}))
			c.saved(record(func(r *engine.Record) { r.Over.Node, r.Spec.Node, r.Rev = "b", "b", 2 }))
		}},
		{"rule 8.3", "budget of its service is spent", func(c *checker) {
			disruptive := action(engine.Restart, 90)
			disruptive.Row.Disruptive = true
			for n := range 10 {
				a := *disruptive
				a.Seq, a.StartedAt = int64(n), c.w.now
				c.dispatched(&a)
			}
			c.stepped(synced, dispatch(disruptive))
		}},
		{"durable", "before its intent is durable", func(c *checker) { c.dispatched(action(engine.Restart, 3)) }},
		{"rule 3.1", "leaves after", func(c *checker) {
			c.dispatched(action(engine.Restart, 3))
			c.dispatched(action(engine.Restart, 3))
		}},
		{"rule 3.1, saved", "its seq went", func(c *checker) {
			c.saved(record(func(*engine.Record) {}))
			c.saved(record(func(r *engine.Record) { r.Seq = 8 }))
		}},
		{"rule 1.3", "is not desired", func(c *checker) { c.saved(record(func(r *engine.Record) { r.Spec.Version = "v2" })) }},
		{"rule 1.3, revision", "its revision went", func(c *checker) {
			c.saved(record(func(*engine.Record) {}))
			c.saved(record(func(r *engine.Record) { r.Desired.Spec.Version, r.Spec.Version = "v2", "v2" }))
		}},
		{"rule 1.6", "not last_good", func(c *checker) {
			c.saved(record(func(r *engine.Record) { r.Over.Pair, r.Spec.Version = &engine.Pair{Version: "v0"}, "v0" }))
		}},
		{"phase", "is in the phase", func(c *checker) { c.saved(record(func(r *engine.Record) { r.Phase = "Odd" })) }},
		{"frozen", "changed after", func(c *checker) {
			r := record(func(*engine.Record) {})
			c.saved(r)
			r.Seq++
			c.frozen()
		}},
		{"rule 3.6", "was another notice's", func(c *checker) {
			key := engine.NoticeKey{Service: id, EpochSeq: engine.EpochSeq{Epoch: 1, Seq: 3}}
			c.notified(engine.Notice{Key: key, Code: "crash"})
			c.notified(engine.Notice{Key: key, Code: "hang"})
		}},
		{"rule 3.6, durable", "before its row", func(c *checker) { c.notified(engine.Notice{Code: "crash"}) }},
		{"rule 5.6", "crashes counted", func(c *checker) {
			c.exited(id, "a", "a1")
			one := record(func(r *engine.Record) { r.History.Crashes = []engine.Crash{{At: 1}} })
			c.stored(nil, one)
			c.stored(one, record(func(r *engine.Record) { r.History.Crashes = []engine.Crash{{At: 1}, {At: 2}} }))
		}},
		{"rule 5.6, exits", "twice", func(c *checker) {
			c.stored(nil, record(func(r *engine.Record) {
				r.History.Exited = []engine.Exited{{Node: "a", ID: "a1"}, {Node: "a", ID: "a1"}}
			}))
		}},
		{"bounded", "effects", func(c *checker) { c.stepped(synced, engine.Effects{Inquire: make([]engine.ActionRef, mostOwed+1)}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := New()
			w.check.began(engine.State{})
			c.do(w.check)
			if all := strings.Join(w.Faults, "\n"); !strings.Contains(all, c.want) {
				t.Errorf("found %q, want %q", all, c.want)
			}
		})
	}
}

// TestCheckerIsQuiet: what is allowed is no fault.
func TestCheckerIsQuiet(t *testing.T) {
	w := New()
	for _, line := range []string{"start", "apply web", "advance 1h"} {
		if err := w.Run(line); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.Faults) > 0 {
		t.Error(w.Faults)
	}
}

package engine_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"statemanager/engine"
)

// calm is a policy that has nothing to do: what is measured is the engine.
type calm struct{}

// Decide answers at once.
func (calm) Decide(q engine.Question) engine.Decision {
	d := engine.Decision{Reasons: []engine.Reason{{Code: "calm"}}}
	switch q.Facts.(type) {
	case engine.PlanFacts:
		d.Answer = engine.PlanAnswer{}
	case engine.TransitionFacts:
		d.Answer = engine.TransitionAnswer{Allow: true, To: engine.Running}
	case engine.RecoveryFacts:
		d.Answer = engine.RecoveryAnswer{Action: engine.Wait}
	case engine.PlacementFacts:
		d.Answer = engine.PlacementAnswer{Score: 50}
	case engine.StabilityFacts:
		d.Answer = engine.StabilityAnswer{}
	case engine.DispatchFacts:
		d.Answer = engine.DispatchAnswer{Run: true}
	}
	return d
}

// cell is an engine with services at ten nodes, in groups, all of them stable.
type cell struct {
	*engine.Engine
	pack engine.Pack
	ids  []engine.ResourceID
	now  engine.Instant
	n    int64 // of the newest observation
}

func newCell(tb testing.TB, services int) *cell {
	row := engine.ActionRow{Name: engine.Restart, Disruptive: true, Within: 30 * time.Second, StableFor: 10 * time.Second}
	pack := &engine.Pack{Revision: "r", Actions: []engine.ActionRow{row}, Issues: []string{"crash"}, Stability: time.Hour, Placement: time.Hour,
		Allowed: map[engine.Phase]map[engine.ActionKind]bool{engine.Running: {engine.Restart: true}}, SilentAlert: time.Minute, Profiles: []engine.Profile{{Name: "other", StableAfter: time.Minute}}, GroupLabel: "app",
		GroupWell: engine.GroupWell{Count: 1}, Budgets: map[string]engine.Budget{"service": {Limit: 10, Window: time.Hour}, "cell": {Limit: 50, Window: time.Hour}},
		Widespread: engine.Widespread{Version: 2, Node: engine.Budget{Limit: 3, Window: time.Minute}}}
	c := &cell{pack: *pack, now: engine.Instant(1_000_003 * time.Hour)}
	c.Engine = engine.New(engine.State{Now: c.now, NodeTimeout: 10 * time.Second, Pack: pack, Cell: &engine.Cell{Epoch: 1}})
	for i := range 10 {
		c.step(engine.AgentChanged{Node: node(i), State: engine.AgentConnected, Start: 1, Info: engine.NodeInfo{ID: node(i), Ready: true, Load: "idle"}})
		c.step(engine.AgentChanged{Node: node(i), State: engine.AgentSynced, Start: 1})
	}
	for i := range services {
		id := engine.Service("default", fmt.Sprintf("s%05d", i))
		c.ids = append(c.ids, id)
		spec := engine.Spec{Node: node(i), Replicas: 1, Version: "v1", State: engine.Running, Labels: map[string]string{"app": fmt.Sprint(i / 10)}}
		c.step(engine.DesiredChanged{Service: id, Desired: &engine.Desired{Spec: spec, Generation: 1, Observed: 1, Created: 1}})
		c.step(c.diff(i, 0))
	}
	c.now = c.now.Add(time.Minute)
	for settled := false; !settled; {
		fx := c.step(engine.Tick{})
		asked := fx.Observe
		for ; len(asked) > 0; asked = asked[1:] {
			fx = c.step(c.diff(c.index(asked[0].Service), asked[0].Asked))
			asked = append(asked, fx.Observe...)
		}
		settled = fx.WakeAt == 0 || fx.WakeAt > c.now
	}
	for _, id := range c.ids {
		if v, _ := c.View(id, c.now); v.Record.LastGood == nil || v.Record.Phase != engine.Running {
			tb.Fatalf("%s is %s, and stable: %v", id, v.Record.Phase, v.Record.LastGood != nil)
		}
	}
	return c
}

func node(i int) string { return fmt.Sprintf("n%d", i%10) }

func (c *cell) index(id engine.ResourceID) (i int) {
	fmt.Sscanf(id.Name, "s%05d", &i)
	return i
}

func (c *cell) step(ev engine.Event) engine.Effects { return c.Step(c.now, ev, calm{}) }

// diff is an observation of a service that is as wanted.
func (c *cell) diff(i int, asked engine.Instant) engine.DiffSeen {
	c.n++
	one := []engine.Instance{{ID: "i1", State: engine.InstanceRunning, Version: "v1"}}
	return engine.DiffSeen{Asked: asked, Diff: engine.StateDiff{Node: node(i), Service: c.ids[i], Rev: 1,
		Counter: engine.Counter{Start: 1, N: c.n}, Instances: one}}
}

// run takes n observations of services in turn.
func (c *cell) run(n int) time.Duration {
	start := time.Now()
	for range n {
		c.now++
		c.step(c.diff(int(c.n)%len(c.ids), 0))
	}
	return time.Since(start)
}

// BenchmarkStep compares a step of a cell with 10,000 quiet services with one of a cell with 100, in turn, so that a busy
// machine slows both: at most twice as much is the goal.
func BenchmarkStep(b *testing.B) {
	small, large := newCell(b, 100), newCell(b, 10_000)
	var few, many time.Duration
	for b.Loop() {
		few += small.run(100)
		many += large.run(100)
	}
	b.ReportMetric(float64(many)/float64(few), "ratio-10000/100")
	b.ReportMetric(float64(few.Nanoseconds())/float64(100*b.N), "ns/step-100")
	b.ReportMetric(float64(many.Nanoseconds())/float64(100*b.N), "ns/step-10000")
}

// BenchmarkQuiet tells what a quiet service takes in memory: 2 KB is the goal.
func BenchmarkQuiet(b *testing.B) {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	const services = 10_000
	for b.Loop() {
		before := heap()
		c := newCell(b, services)
		b.ReportMetric(float64(heap()-before)/services, "B/service")
		runtime.KeepAlive(c)
	}
}

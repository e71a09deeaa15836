package runner_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"statemanager/adapters/inmem"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// world is a runner in virtual time, with the parties around it in memory: one node, and a store that can go away.
type world struct {
	t       *testing.T
	store   *valve
	term    *inmem.Term
	agent   *inmem.Agent
	ctl     *controller
	monitor *inmem.Monitor
	keeper  keeper
	config  runner.Config
	*runner.Runner
}

const nodeID = "n1"

var (
	web  = engine.Service("default", "web")
	spec = &engine.Spec{Node: nodeID, Replicas: 1, Version: "1", State: engine.Running}
)

// inWorld runs a story in a bubble of virtual time. The runner is started, and must leave no goroutine behind: a bubble
// does not end before all of its goroutines have.
func inWorld(t *testing.T, story func(*testing.T, *world)) {
	inPreparedWorld(t, func(*world) {}, story)
}

// inPreparedWorld is inWorld with something done before the runner is started.
func inPreparedWorld(t *testing.T, prepare func(*world), story func(*testing.T, *world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		prepare(w)
		w.start()
		story(t, w)
		if err := w.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func newWorld(t *testing.T) *world {
	store, err := inmem.NewStore(time.Now().UnixNano())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: &valve{}, monitor: &inmem.Monitor{}}
	w.agent = inmem.NewAgent(engine.NodeInfo{ID: nodeID, Ready: true, Load: "normal"}, nil)
	w.ctl = &controller{w: w}
	w.term = w.campaign(store)
	w.store.Term = w.term
	w.config = runner.Config{
		Store: w.store, Fence: w.term.Fence(), Deposed: w.term.Done(), Monitor: w.monitor, Decider: decider{},
		Agents: map[string]runner.Agent{nodeID: w.agent}, Controllers: map[string]runner.Controller{nodeID: w.ctl},
		Clock:  func() engine.Instant { return engine.Instant(time.Now().UnixNano()) },
		Keeper: &w.keeper,
	}
	return w
}

// keeper has one pack, and may refuse another.
type keeper struct{ refuses atomic.Bool }

func (*keeper) Begin(context.Context, string, map[string][]byte) (*engine.Pack, map[string][]byte, error) {
	return pack("p1"), map[string][]byte{"a.rego": []byte("package a")}, nil
}

func (k *keeper) Refuses() bool { return k.refuses.Load() }

func (w *world) campaign(s *inmem.Store) *inmem.Term {
	term, err := s.Campaign(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return term
}

func (w *world) start() {
	w.Runner = runner.New(w.config)
	if err := w.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// after lets time pass.
func (w *world) after(d time.Duration) {
	time.Sleep(d) // virtual: it takes no time
	synctest.Wait()
}

func (w *world) apply(s *engine.Spec) runner.Applied {
	w.t.Helper()
	a, err := w.Apply(w.t.Context(), web, s)
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

// phase is the phase of web; "" if there is no such service.
func (w *world) phase() engine.Phase {
	v, err := w.View(w.t.Context(), web)
	if err != nil || v.Record == nil {
		return ""
	}
	return v.Record.Phase
}

// valve is a store that can go away, hold its writes up, and be written by another.
type valve struct {
	*inmem.Term
	mu   sync.Mutex
	away error
	hold chan struct{} // writes wait until it is closed
	puts chan struct{} // so do desired specs; set before the runner starts to use it
}

func (v *valve) set(away error, hold chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.away, v.hold = away, hold
}

func (v *valve) state() (hold chan struct{}, away error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.hold, v.away
}

// PutDesired waits for its store, which is slow.
func (v *valve) PutDesired(ctx context.Context, id engine.ResourceID, s *engine.Spec) (int64, error) {
	if v.puts != nil {
		<-v.puts
	}
	return v.Term.PutDesired(ctx, id, s)
}

var errAway = &engine.Error{Kind: engine.Unavailable, Text: "reach store: it is away"}

func (v *valve) Load(ctx context.Context) (*runner.Loaded, error) {
	if _, away := v.state(); away != nil {
		return nil, away
	}
	return v.Term.Load(ctx)
}

func (v *valve) Commit(ctx context.Context, b runner.Batch) (int64, error) {
	hold, away := v.state()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return 0, errAway
		}
	}
	if away != nil {
		return 0, away
	}
	return v.Term.Commit(ctx, b)
}

// controller does what it is told at once, where it is not deaf.
type controller struct {
	w     *world
	mu    sync.Mutex
	ran   []engine.Action
	asked int
	deaf  bool
}

func (c *controller) Execute(ctx context.Context, a *engine.Action, _ int64) (engine.ActionStatus, error) {
	c.mu.Lock()
	c.ran = append(c.ran, *a)
	deaf := c.deaf
	c.mu.Unlock()
	if deaf {
		<-ctx.Done()
		return engine.ActionStatus{}, ctx.Err()
	}
	switch a.Kind {
	case engine.Create:
		c.w.agent.Set(a.Service, inmem.Instance{Instance: engine.Instance{ID: "i1", State: engine.InstanceRunning, Version: a.Spec.Version}})
	case engine.Remove:
		c.w.agent.Set(a.Service)
	}
	return engine.ActionStatus{State: engine.ActionDone, Result: engine.Succeeded}, nil
}

func (c *controller) Get(context.Context, engine.ActionRef, int64) (engine.ActionStatus, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	return engine.ActionStatus{}, errors.New("deaf")
}

func (c *controller) runs() []engine.Action {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ran
}

func (c *controller) questions() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked
}

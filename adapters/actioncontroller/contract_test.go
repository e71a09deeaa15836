package actioncontroller_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"statemanager/adapters/actioncontroller"
	"statemanager/adapters/adaptertest"
	"statemanager/adapters/down"
	"statemanager/adapters/inmem"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// effects are what actions do: they count, and wait while they are held.
type effects struct {
	mu   sync.Mutex
	done map[engine.EpochSeq]int
	held chan struct{}
}

func (e *effects) do(ctx context.Context, a *engine.Action) (engine.Result, string) {
	e.mu.Lock()
	e.done[a.EpochSeq]++
	held := e.held
	e.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
			return engine.Failed, "it was cut"
		}
	}
	return engine.Succeeded, "as asked"
}

func (e *effects) hold(*testing.T) (release func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	held := make(chan struct{})
	e.held = held
	return func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.held = nil
		close(held)
	}
}

func (e *effects) count(k engine.EpochSeq) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.done[k]
}

// backend is a controller in memory, reached as reach says.
func backend(reach func(*testing.T, runner.Controller) runner.Controller) func(*testing.T) adaptertest.ControllerBackend {
	return func(t *testing.T) adaptertest.ControllerBackend {
		ledger, e := &inmem.Ledger{}, &effects{done: map[engine.EpochSeq]int{}}
		var c *inmem.Controller
		start := func(t *testing.T) runner.Controller {
			c = inmem.NewController(ledger, e.do)
			t.Cleanup(c.Close)
			return reach(t, c)
		}
		return adaptertest.ControllerBackend{
			Start: start,
			Restart: func(t *testing.T) runner.Controller {
				c.Close()
				return start(t)
			},
			Hold: e.hold,
			Done: e.count,
			Action: engine.Action{
				ActionRef: engine.ActionRef{Node: "n1", Service: engine.Service("shop", "cart")},
				Kind:      engine.Restart,
				Spec:      &engine.Spec{Node: "n1", Replicas: 1, State: engine.Running},
				Row:       engine.ActionRow{Timeout: time.Minute},
			},
		}
	}
}

func client(t *testing.T, c runner.Controller) *actioncontroller.Client {
	t.Helper()
	dial := adaptertest.Serve(t, func(s *grpc.Server) { adaptertest.RegisterController(s, c) })
	out, err := actioncontroller.New(actioncontroller.Config{Address: adaptertest.Address, Dial: dial, Log: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

func TestInMemory(t *testing.T) {
	adaptertest.Controller(t, backend(func(_ *testing.T, c runner.Controller) runner.Controller { return c }))
}

func TestOverGRPC(t *testing.T) {
	adaptertest.Controller(t, backend(func(t *testing.T, c runner.Controller) runner.Controller { return client(t, c) }))
}

// TestDown holds rule 3.4: a controller that cannot be reached leaves an action unknown, never failed.
func TestDown(t *testing.T) {
	a := backend(nil)(t).Action
	for name, c := range map[string]runner.Controller{"in memory": down.Controller{}, "over gRPC": client(t, down.Controller{})} {
		_, err := c.Execute(t.Context(), &a, 1)
		_, err2 := c.Get(t.Context(), a.ActionRef, 1)
		for _, err := range []error{err, err2} {
			var e *engine.Error
			if !errors.As(err, &e) || e.Kind != engine.Unavailable {
				t.Errorf("%s: got %v, want Unavailable", name, err)
			}
		}
	}
}

// TestTimeout holds rule 3.1: the timeout counts from receipt, and what has not ended by then has timed out.
func TestTimeout(t *testing.T) {
	b := backend(func(t *testing.T, c runner.Controller) runner.Controller { return client(t, c) })(t)
	c := b.Start(t)
	b.Hold(t)
	a := b.Action
	a.Seq, a.Row.Timeout = 1, time.Millisecond
	st, err := c.Execute(t.Context(), &a, 1)
	if err != nil || st.Result != engine.TimedOut {
		t.Errorf("got %+v, %v", st, err)
	}
}

// TestBadAddress: what cannot be an address is an error at once, which names it.
func TestBadAddress(t *testing.T) {
	if c, err := actioncontroller.New(actioncontroller.Config{Address: "no scheme\x7f", Log: hclog.NewNullLogger()}); err == nil {
		c.Close()
		t.Error("it is taken")
	}
}

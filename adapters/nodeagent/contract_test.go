package nodeagent_test

import (
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"statemanager/adapters/adaptertest"
	"statemanager/adapters/down"
	"statemanager/adapters/inmem"
	"statemanager/adapters/nodeagent"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// link is a link to what is served, with a timeout.
func link(dial []grpc.DialOption, timeout time.Duration) *nodeagent.Link {
	return nodeagent.New(nodeagent.Config{Node: "n1", Address: adaptertest.Address, NodeTimeout: timeout, Dial: dial, Log: hclog.NewNullLogger()})
}

// backend is an agent in memory, reached as reach says.
func backend(reach func(*testing.T, runner.Agent) runner.Agent) func(*testing.T) adaptertest.AgentBackend {
	return func(t *testing.T) adaptertest.AgentBackend {
		a := inmem.NewAgent(engine.NodeInfo{ID: "n1", Ready: true, Load: "idle"}, nil)
		return adaptertest.AgentBackend{
			Node:  "n1",
			Agent: reach(t, a),
			Set: func(id engine.ResourceID, instances ...engine.Instance) {
				var runs []inmem.Instance
				for _, i := range instances {
					runs = append(runs, inmem.Instance{Instance: i})
				}
				a.Set(id, runs...)
			},
			Hide: a.Hide, HideAll: a.HideAll,
		}
	}
}

func TestInMemory(t *testing.T) {
	adaptertest.Agent(t, backend(func(_ *testing.T, a runner.Agent) runner.Agent { return a }))
}

func TestOverGRPC(t *testing.T) {
	adaptertest.Agent(t, backend(func(t *testing.T, a runner.Agent) runner.Agent {
		return link(adaptertest.Serve(t, func(s *grpc.Server) { adaptertest.RegisterAgent(s, "n1", a) }), time.Minute)
	}))
}

// TestDown: an agent that is down fails each call with Unavailable and posts nothing.
func TestDown(t *testing.T) {
	a := down.Agent{}
	p := adaptertest.Run(t, a)
	_, err := a.Observe(t.Context(), engine.ServiceRef{})
	for _, err := range []error{err, a.Report(t.Context(), engine.SpecSet{})} {
		var e *engine.Error
		if !errors.As(err, &e) || e.Kind != engine.Unavailable {
			t.Errorf("got %v, want Unavailable", err)
		}
	}
	p.Stop()
}

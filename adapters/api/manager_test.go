package api_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"statemanager/adapters/api"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

var _ api.Manager = (*runner.Runner)(nil)

// manager is a manager in memory: what it is told is at once how it is. One call at a time, as the tests make them.
type manager struct {
	stopping context.Context
	specs    map[engine.ResourceID]*engine.Spec
	holds    []engine.Hold
	entries  []engine.Entry
	err      error // of every call
	revision int64
	loaded   bool
	asked    []string
	paused   engine.Instant
	driving  string
}

func (m *manager) view(id engine.ResourceID) runner.Service {
	s := m.specs[id]
	return runner.Service{View: engine.View{ID: id, Profile: "other", Unmatched: s != nil && s.Criticality != "", Holds: m.holds,
		Record: &engine.Record{ID: id, Phase: engine.Running, Desired: &engine.Desired{Spec: *s}, Spec: s, Over: engine.Overrides{Node: "n9"}}}}
}

func (m *manager) Check(_ context.Context, id engine.ResourceID, _ *engine.Spec) (a runner.Applied, err error) {
	if a.Change = runner.Created; m.specs[id] != nil {
		a.Change = runner.Updated
	}
	return a, m.err
}

func (m *manager) Apply(_ context.Context, id engine.ResourceID, s *engine.Spec) (runner.Applied, error) {
	if m.err != nil {
		return runner.Applied{}, m.err
	}
	m.revision++
	a := runner.Applied{Change: runner.Created, Revision: m.revision, Before: m.specs[id]}
	if old := m.specs[id]; old != nil && old.Equal(s) {
		a.Change = runner.Unchanged
	} else if old != nil {
		a.Change = runner.Updated
	}
	m.specs[id] = s
	a.Service = m.view(id)
	return a, nil
}

func (m *manager) Delete(_ context.Context, id engine.ResourceID) (runner.Applied, error) {
	if m.specs[id] == nil {
		return runner.Applied{}, &engine.Error{Kind: engine.NotFound, Text: "there is none"}
	}
	delete(m.specs, id)
	return runner.Applied{Change: runner.Deleted, Revision: m.revision}, m.err
}

func (m *manager) Retry(context.Context, engine.ResourceID, bool) (string, error) {
	return "recovery starts afresh", m.err
}

func (m *manager) Resolve(_ context.Context, _ engine.ResourceID, key engine.EpochSeq, as engine.Result) (string, error) {
	m.asked = append(m.asked, fmt.Sprint("resolve ", key, " ", as))
	return "resolved", m.err
}

func (m *manager) Pause(context.Context) (string, error) {
	m.paused = 7
	return "paused", m.err
}

func (m *manager) Resume(context.Context) (string, error) {
	m.paused = 0
	return "resumed", m.err
}

func (m *manager) Paused(context.Context) (engine.Instant, error) { return m.paused, m.err }

func (m *manager) Facts(context.Context) ([]runner.SiteFact, error) {
	return []runner.SiteFact{{Name: "driving", Values: []string{"no", "yes"}, Value: m.driving}}, m.err
}

func (m *manager) SetFacts(ctx context.Context, facts map[string]string) ([]runner.SiteFact, error) {
	m.driving = facts["driving"]
	return m.Facts(ctx)
}

func (m *manager) Strategy(_ context.Context, _ engine.ResourceID, issue string) (runner.Strategy, error) {
	return runner.Strategy{Profile: "other", Issue: issue, Revision: "p1", Rules: []engine.Place{{File: "a.rego", Line: 3}},
		Reasons: []engine.Reason{{Code: "strategy"}}, Answer: engine.StrategyAnswer{Actions: []engine.ActionKind{"restart", "restart", "isolate"},
			Backoff: []time.Duration{0, time.Second, 2 * time.Second}, MaxRetryCount: 3, BackoffDelay: time.Second, EscalationThreshold: 2}}, m.err
}

func (m *manager) Pack(context.Context) (*engine.Pack, error) {
	return &engine.Pack{Revision: "p1", Allowed: map[engine.Phase]map[engine.ActionKind]bool{engine.Running: {"stop": true, "scale": true}},
		Actions: []engine.ActionRow{{Name: "create", Rank: 1}, {Name: "stop", Rank: 9, Disruptive: true, Impact: "stops", Estimated: time.Second, Timeout: time.Minute}, {Name: "scale", Rank: 5}}}, m.err
}

func (m *manager) Subscribe(context.Context, runner.EventFilter, int64) (*runner.Subscription, error) {
	return nil, m.err
}

func (m *manager) Services(context.Context) ([]engine.ResourceID, error) {
	return slices.SortedFunc(maps.Keys(m.specs), engine.ResourceID.Compare), m.err
}

func (m *manager) View(_ context.Context, id engine.ResourceID) (runner.Service, error) {
	if m.specs[id] == nil {
		return runner.Service{}, &engine.Error{Kind: engine.NotFound, Text: "find service: there is none named " + id.String()}
	}
	return m.view(id), m.err
}

func (m *manager) Nodes(context.Context) ([]engine.NodeView, error) {
	return []engine.NodeView{{ID: "n1", State: engine.NodeSynced}}, m.err
}

func (m *manager) History(_ context.Context, f runner.HistoryFilter) (out []engine.Entry, err error) {
	for _, x := range m.entries {
		if (f.Decisions || x.Event != nil) && (f.Service == (engine.ResourceID{}) || f.Service == x.Service) {
			out = append(out, x)
		}
	}
	if f.Limit > 0 {
		out = out[max(0, len(out)-f.Limit):]
	}
	return out, m.err
}

func (m *manager) Status() runner.Status { return runner.Status{Loaded: m.loaded} }

// serve serves the API of m, and returns a connection to it.
func serve(t *testing.T, m *manager) *grpc.ClientConn {
	t.Helper()
	m.specs = map[engine.ResourceID]*engine.Spec{}
	s := api.New(api.Config{Manager: m, Stopping: m.stopping, Version: "v1", Cell: "c1", Nodes: map[string]api.Addresses{"n1": {Agent: "h:1", Controller: "h:2"}},
		Policy: func() api.PolicyStatus {
			return api.PolicyStatus{Active: "p1", Problems: []api.PolicyProblem{{Severity: "error", Gate: "compile", File: "a.rego", Line: 3, Text: "wrong"}}}
		}})
	l := bufconn.Listen(1 << 20)
	done := make(chan error, 1)
	go func() { done <- s.Serve(l) }()
	conn, err := grpc.NewClient("passthrough:///api", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		s.Stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return conn
}

func id(name string) *apiv1.ResourceId { return &apiv1.ResourceId{Namespace: "default", Name: name} }

package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

func TestConduct(t *testing.T) {
	m := &manager{}
	c := apiv1.NewOperatorClient(serve(t, m))
	if r, err := c.Resolve(t.Context(), &apiv1.ResolveRequest{ResourceId: id("web"), Epoch: 1, Seq: 2, Result: "never_ran"}); err != nil || r.Text != "resolved" || fmt.Sprint(m.asked) != "[resolve {1 2} never_ran]" {
		t.Errorf("resolve: %v, %v, asked %v", r, err, m.asked)
	}
	if _, err := c.Resolve(t.Context(), &apiv1.ResolveRequest{ResourceId: id("web"), Result: "maybe"}); status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), "succeeded, failed, never_ran") {
		t.Errorf("resolve as maybe: %v", err)
	}
	if _, err := c.Pause(t.Context(), &apiv1.PauseRequest{}); err != nil {
		t.Error(err)
	}
	if v, err := c.GetVersion(t.Context(), &apiv1.GetVersionRequest{}); err != nil || v.PausedSince.GetNanos() != 7 {
		t.Errorf("while it is paused: %v, %v", v, err)
	}
	if r, err := c.Resume(t.Context(), &apiv1.ResumeRequest{}); err != nil || r.Text != "resumed" {
		t.Errorf("resume: %v, %v", r, err)
	}
	if r, err := c.SetFacts(t.Context(), &apiv1.SetFactsRequest{Values: map[string]string{"driving": "yes"}}); err != nil || r.Facts[0].Value != "yes" || len(r.Facts[0].Values) != 2 {
		t.Errorf("set facts: %v, %v", r, err)
	}
	if _, err := c.SetFacts(t.Context(), &apiv1.SetFactsRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("set no facts: %v", err)
	}
}

func TestListActions(t *testing.T) {
	m := &manager{}
	c := apiv1.NewOperatorClient(serve(t, m))
	web := engine.Service("default", "web")
	m.specs[web] = &engine.Spec{Node: "n1"}
	m.entries = []engine.Entry{{At: 5, Service: web, Event: &engine.StateEvent{At: 5, Service: web, Type: engine.EventActionEnded, Metadata: []engine.Field{
		{Name: "action", Value: "restart"}, {Name: "by", Value: "recovery"}, {Name: "key", Value: "3.14"}, {Name: "node", Value: "n1"}, {Name: "result", Value: "failed"}}}},
		{At: 6, Service: web, Event: &engine.StateEvent{At: 6, Service: web, Type: engine.EventActionEnded, Metadata: []engine.Field{ // a late answer is no other end
			{Name: "key", Value: "3.14"}, {Name: "late", Value: "true"}, {Name: "node", Value: "n1"}, {Name: "result", Value: "succeeded"}}}}}
	r, err := c.ListActions(t.Context(), &apiv1.ListActionsRequest{ResourceId: id("web")})
	if err != nil || len(r.Ended) != 1 {
		t.Fatalf("actions: %v, %v", r, err)
	}
	if x := r.Ended[0]; x.Action.Kind != "restart" || x.Action.Epoch != 3 || x.Action.Seq != 14 || x.Result != "failed" || x.Ended.Nanos != 5 {
		t.Errorf("the ended one: %v", x)
	}
	if _, err := c.ListActions(t.Context(), &apiv1.ListActionsRequest{ResourceId: id("none")}); status.Code(err) != codes.NotFound {
		t.Errorf("actions of no service: %v", err)
	}
}

func TestAdvice(t *testing.T) {
	m := &manager{}
	c := apiv1.NewStateManagerClient(serve(t, m))
	m.specs[engine.Service("default", "web")] = &engine.Spec{Node: "n1"}
	s, err := c.GetRecoveryStrategy(t.Context(), &apiv1.RecoveryStrategyRequest{ResourceId: id("web"), Issue: "crash"})
	if err != nil || strings.Join(s.Actions, " ") != "restart restart isolate" || s.MaxRetryCount != 3 || s.BackoffDelay.AsDuration() != time.Second ||
		s.EscalationThreshold != 2 || len(s.Backoff) != 3 || s.Rules[0] != "a.rego:3" {
		t.Errorf("strategy: %v, %v", s, err)
	}
	for _, q := range []*apiv1.AllowedActionsRequest{{ResourceId: id("web")}, {Phase: "Running"}} {
		a, err := c.GetAllowedActions(t.Context(), q)
		if err != nil || a.Phase != "Running" || len(a.Actions) != 2 || a.Actions[0].Kind != "scale" {
			t.Errorf("allowed actions: %v, %v", a, err)
		} else if x := a.Actions[1]; x.Rank != 9 || !x.Disruptive || x.Impact != "stops" || x.EstimatedDuration.AsDuration() != time.Second {
			t.Errorf("the row of stop: %v", x)
		}
	}
	if _, err := c.GetAllowedActions(t.Context(), &apiv1.AllowedActionsRequest{Phase: "Odd"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("actions of no phase: %v", err)
	}
}

func TestQueryFilter(t *testing.T) {
	m := &manager{}
	c := apiv1.NewStateManagerClient(serve(t, m))
	m.specs[engine.Service("default", "a")] = &engine.Spec{Node: "n1", Labels: map[string]string{"tier": "safety"}}
	m.specs[engine.Service("default", "b")] = &engine.Spec{Node: "n2"}
	for _, x := range []struct {
		q    *apiv1.StateQueryRequest
		want string
	}{
		{&apiv1.StateQueryRequest{Labels: map[string]string{"tier": "safety"}}, "a"},
		{&apiv1.StateQueryRequest{Labels: map[string]string{"tier": ""}}, ""},
		{&apiv1.StateQueryRequest{Node: "n2"}, "b"},
		{&apiv1.StateQueryRequest{Phases: []string{"Failed"}}, ""},
		{&apiv1.StateQueryRequest{Phases: []string{"Failed", "Running"}, OnlyUnavailable: true}, "a b"},
	} {
		r, err := c.QueryState(t.Context(), x.q)
		var names []string
		for _, s := range r.GetServices() {
			names = append(names, s.Metadata.ResourceId.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != x.want {
			t.Errorf("%v finds %q, %v, want %q", x.q, got, err, x.want)
		}
	}
	if _, err := c.QueryState(t.Context(), &apiv1.StateQueryRequest{Phases: []string{"Odd"}}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a phase that there is none of: %v", err)
	}
}

// A stream that cannot begin, or is ended, says why by its code.
func TestSubscriptionErrors(t *testing.T) {
	m := &manager{}
	c := apiv1.NewStateManagerClient(serve(t, m))
	for _, x := range []struct {
		fails error
		q     *apiv1.StateSubscriptionRequest
		want  codes.Code
		text  string
	}{
		{fmt.Errorf("%w: the oldest one is 5, not 1", runner.ErrForgotten), &apiv1.StateSubscriptionRequest{AfterRevision: 1}, codes.OutOfRange, "oldest one is 5"},
		{runner.ErrBehind, &apiv1.StateSubscriptionRequest{}, codes.ResourceExhausted, "behind"},
		{nil, &apiv1.StateSubscriptionRequest{Filter: &apiv1.EventFilter{EventTypes: []string{"odd"}}}, codes.InvalidArgument, "phase_changed"},
		{nil, &apiv1.StateSubscriptionRequest{Filter: &apiv1.EventFilter{Sources: []string{"odd"}}}, codes.InvalidArgument, "node_agent"},
		{nil, &apiv1.StateSubscriptionRequest{AfterRevision: -1}, codes.InvalidArgument, "negative"},
	} {
		m.err = x.fails
		s, err := c.SubscribeToStateChanges(t.Context(), x.q)
		if err == nil {
			_, err = s.Recv()
		}
		if st := status.Convert(err); st.Code() != x.want || !strings.Contains(st.Message(), x.text) {
			t.Errorf("%v gives %v, want %s with %q", x.q, err, x.want, x.text)
		}
	}
}

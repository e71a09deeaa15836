package api_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Rule 1.4: the answer says what it did, what stays in force and what holds the service.
func TestUpdateState(t *testing.T) {
	m := &manager{holds: []engine.Hold{{Code: "closed", Text: "recovery gave up on crash"}}}
	c := apiv1.NewStateManagerClient(serve(t, m))
	spec := &apiv1.ServiceSpec{Node: "n1", Criticality: "odd"}
	for i, want := range []apiv1.StateUpdateResponse_Change{apiv1.StateUpdateResponse_CHANGE_CREATED, apiv1.StateUpdateResponse_CHANGE_UNCHANGED} {
		r, err := c.UpdateState(t.Context(), &apiv1.StateUpdateRequest{ResourceId: id("web"), Spec: spec})
		if err != nil || r.Change != want || r.Revision != int64(i+1) {
			t.Fatalf("apply: %v, %v; want %v", r, err, want)
		}
		for _, note := range []string{`no profile of the policy matches criticality "odd": treated as other`, "in force: recovery has moved it to node n9", "recovery gave up on crash"} {
			if !slices.Contains(r.Notes, note) {
				t.Errorf("notes %q lack %q", r.Notes, note)
			}
		}
	}
	r, err := c.UpdateState(t.Context(), &apiv1.StateUpdateRequest{ResourceId: id("web")})
	if err != nil || r.Change != apiv1.StateUpdateResponse_CHANGE_DELETED {
		t.Errorf("delete: %v, %v", r, err)
	}
}

func TestErrorsHaveCodes(t *testing.T) {
	m := &manager{}
	conn := serve(t, m)
	states, op := apiv1.NewStateManagerClient(conn), apiv1.NewOperatorClient(conn)
	spec := &apiv1.ServiceSpec{Node: "n1"}
	update := func(r *apiv1.StateUpdateRequest) error { _, err := states.UpdateState(t.Context(), r); return err }
	retry := func() error { _, err := op.Retry(t.Context(), &apiv1.RetryRequest{ResourceId: id("web")}); return err }
	for _, x := range []struct {
		fails error
		call  func() error
		want  codes.Code
		text  string
	}{
		{nil, func() error { return update(&apiv1.StateUpdateRequest{Spec: spec}) }, codes.InvalidArgument, "resource_id"},
		{nil, func() error { return update(&apiv1.StateUpdateRequest{ResourceId: id("Web"), Spec: spec}) }, codes.InvalidArgument, "name"},
		{nil, func() error {
			return update(&apiv1.StateUpdateRequest{ResourceId: id("web"), Spec: &apiv1.ServiceSpec{}})
		}, codes.InvalidArgument, "node"},
		{nil, func() error { return update(&apiv1.StateUpdateRequest{ResourceId: id("web")}) }, codes.NotFound, "none"},
		{&engine.Error{Kind: engine.Denied, Text: "no"}, retry, codes.PermissionDenied, "no"},
		{fmt.Errorf("retry: %w", &engine.Error{Kind: engine.Conflict, Text: "another leads"}), retry, codes.FailedPrecondition, "retry: another leads"},
		{&engine.Error{Kind: engine.Unavailable, Text: "away"}, retry, codes.Unavailable, "away"},
		{errors.New("odd"), retry, codes.Internal, "odd"},
	} {
		m.err = x.fails
		err := x.call()
		if s := status.Convert(err); s.Code() != x.want || !strings.Contains(s.Message(), x.text) {
			t.Errorf("got %v, want %s with %q", err, x.want, x.text)
		}
	}
}

func TestLargeRequestIsRefused(t *testing.T) {
	c := apiv1.NewStateManagerClient(serve(t, &manager{}))
	spec := &apiv1.ServiceSpec{Node: "n1", Config: map[string]string{"k": strings.Repeat("x", 1<<20)}}
	_, err := c.UpdateState(t.Context(), &apiv1.StateUpdateRequest{ResourceId: id("web"), Spec: spec})
	if s := status.Convert(err); s.Code() != codes.ResourceExhausted || !strings.Contains(s.Message(), "larger than max") {
		t.Errorf("a request above 1 MiB: %v", err)
	}
}

// Rule 1.2 and the wire's rule 2.2: values of a configuration never leave.
func TestQueryState(t *testing.T) {
	m := &manager{}
	c := apiv1.NewStateManagerClient(serve(t, m))
	for i := range 5 {
		m.specs[engine.Service("default", fmt.Sprintf("s%d", i))] = &engine.Spec{Node: "n1", Config: map[string]string{"password": "secret"}}
	}
	m.specs[engine.Service("other", "s0")] = &engine.Spec{Node: "n1"}
	var names []string
	q := &apiv1.StateQueryRequest{Namespace: "default", PageSize: 2}
	for pages := 1; ; pages++ {
		r, err := c.QueryState(t.Context(), q)
		if err != nil || len(r.Services) > 2 || pages > 3 {
			t.Fatalf("page %d: %v, %v", pages, r, err)
		}
		for _, s := range r.Services {
			names = append(names, s.Metadata.ResourceId.Name)
			if v := s.Spec.Config["password"]; v != "***" || strings.Contains(s.String(), "secret") {
				t.Errorf("a value of the configuration is shown: %q", v)
			}
		}
		if len(r.Nodes) != 1 || r.Nodes[0].AgentAddress != "h:1" || r.Nodes[0].ControllerAddress != "h:2" {
			t.Errorf("nodes: %v", r.Nodes)
		}
		if q.PageToken = r.NextPageToken; q.PageToken == "" {
			break
		}
	}
	if got := strings.Join(names, " "); got != "s0 s1 s2 s3 s4" {
		t.Errorf("services: %s", got)
	}
	r, err := c.QueryState(t.Context(), &apiv1.StateQueryRequest{ResourceIds: []*apiv1.ResourceId{id("s3")}})
	if err != nil || len(r.Services) != 1 {
		t.Errorf("one service: %v, %v", r, err)
	}
	if _, err := c.QueryState(t.Context(), &apiv1.StateQueryRequest{ResourceIds: []*apiv1.ResourceId{id("s9")}}); status.Code(err) != codes.NotFound {
		t.Errorf("a service that is not there: %v", err)
	}
	if _, err := c.QueryState(t.Context(), &apiv1.StateQueryRequest{PageToken: "x"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a page token that is none: %v", err)
	}
}

func TestHistory(t *testing.T) {
	web := engine.Service("default", "web")
	m := &manager{}
	c := apiv1.NewOperatorClient(serve(t, m))
	m.specs[web] = &engine.Spec{Node: "n1"}
	for i := range 200 {
		m.entries = append(m.entries, engine.Entry{At: engine.Instant(i + 1), Service: web, Event: &engine.StateEvent{Type: engine.EventDiff}},
			engine.Entry{At: engine.Instant(i + 1), Service: web, Decision: &engine.Decided{Entrypoint: "planning.plan"}})
	}
	r, err := c.ListEvents(t.Context(), &apiv1.ListEventsRequest{ResourceId: id("web")})
	if err != nil || len(r.Entries) != 100 || r.Entries[0].GetEvent() == nil || r.Entries[99].Time.Nanos != 200 {
		t.Errorf("the usual events: %d, %v", len(r.GetEntries()), err)
	}
	m.specs[engine.Service("default", "new")] = &engine.Spec{Node: "n1"}
	m.entries = append(m.entries, engine.Entry{Service: engine.Service("default", "gone"), Decision: &engine.Decided{Entrypoint: "planning.plan"}})
	for name, want := range map[string]codes.Code{"nope": codes.NotFound, "new": codes.OK, "gone": codes.OK} {
		if r, err := c.ListEvents(t.Context(), &apiv1.ListEventsRequest{ResourceId: id(name)}); status.Code(err) != want || len(r.GetEntries()) > 0 {
			t.Errorf("events of %s: %v, want %v", name, err, want)
		}
	}
	x, err := c.Explain(t.Context(), &apiv1.ExplainRequest{ResourceId: id("web"), Decisions: 3})
	if err != nil || x.PolicyRevision != "p1" || x.State.Status.Phase != "Running" || len(x.Entries) != 5 {
		t.Errorf("explanation with 3 decisions: %v, %v", x, err)
	}
	for name, want := range map[string]string{"nope": "none named default/nope", "gone": "desc = default/gone is gone: nobody wants it"} {
		if _, err := c.Explain(t.Context(), &apiv1.ExplainRequest{ResourceId: id(name)}); status.Code(err) != codes.NotFound || !strings.Contains(err.Error(), want) {
			t.Errorf("explanation of %s: %v, want %q", name, err, want)
		}
	}
	big := strings.Repeat("x", 1<<20)
	for range 10 {
		m.entries = append(m.entries, engine.Entry{Service: web, Event: &engine.StateEvent{Metadata: []engine.Field{{Name: "text", Value: big}}}})
	}
	if r, err = c.ListEvents(t.Context(), &apiv1.ListEventsRequest{}); err != nil || len(r.Entries) != 2 {
		t.Errorf("what fits into an answer: %d entries, %v", len(r.GetEntries()), err)
	}
}

func TestPolicyStatusAndVersion(t *testing.T) {
	c := apiv1.NewOperatorClient(serve(t, &manager{}))
	p, err := c.GetPolicyStatus(t.Context(), &apiv1.GetPolicyStatusRequest{})
	if err != nil || p.ActiveRevision != "p1" || p.RefusedAt != nil || len(p.Problems) != 1 || p.Problems[0].Line != 3 {
		t.Errorf("policy status: %v, %v", p, err)
	}
	v, err := c.GetVersion(t.Context(), &apiv1.GetVersionRequest{})
	if err != nil || v.Version != "v1" || v.Cell != "c1" || v.LeadingSince != nil {
		t.Errorf("version: %v, %v", v, err)
	}
}

// A stream does not keep the daemon from stopping: it ends, and says why.
func TestStreamsEndWhenTheDaemonStops(t *testing.T) {
	stopping, stop := context.WithCancelCause(t.Context())
	c := healthpb.NewHealthClient(serve(t, &manager{stopping: stopping}))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	w, err := c.Watch(ctx, &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Recv(); err != nil {
		t.Fatal(err)
	}
	stop(&engine.Error{Kind: engine.Unavailable, Text: "the daemon stops"})
	if _, err := w.Recv(); status.Code(err) != codes.Unavailable || !strings.Contains(err.Error(), "the daemon stops") {
		t.Errorf("the stream ended with %v", err)
	}
}

func TestHealthAndReflection(t *testing.T) {
	m := &manager{}
	conn := serve(t, m)
	c := healthpb.NewHealthClient(conn)
	for _, want := range []healthpb.HealthCheckResponse_ServingStatus{healthpb.HealthCheckResponse_NOT_SERVING, healthpb.HealthCheckResponse_SERVING} {
		m.loaded = want == healthpb.HealthCheckResponse_SERVING
		if r, err := c.Check(t.Context(), &healthpb.HealthCheckRequest{}); err != nil || r.Status != want {
			t.Errorf("health: %v, %v; want %s", r, err, want)
		}
	}
	if _, err := c.Check(t.Context(), &healthpb.HealthCheckRequest{Service: "x"}); status.Code(err) != codes.NotFound {
		t.Errorf("health of a service that is not served: %v", err)
	}
	w, err := c.Watch(t.Context(), &healthpb.HealthCheckRequest{Service: "piccolo.statemanager.v1.StateManager"})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := w.Recv(); err != nil || r.Status != healthpb.HealthCheckResponse_SERVING {
		t.Errorf("watched health: %v, %v", r, err)
	}
	s, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Recv(); err != nil || len(r.GetListServicesResponse().GetService()) < 4 {
		t.Errorf("reflection: %v, %v", r, err)
	}
}

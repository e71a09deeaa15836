package nodeagent_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"

	"statemanager/adapters/adaptertest"
	"statemanager/adapters/wire"
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

var cart = engine.Service("shop", "cart")

// agent is an agent whose every stream a test writes by hand.
type agent struct {
	apiv1.UnimplementedNodeAgentServer
	streams chan *opened
	push    func(*apiv1.UpdateResourceStateRequest) error
	look    func(*apiv1.StateDiffRequest) *apiv1.StateDiffResponse
}

// opened is a stream that is open until the test closes out, or the link ends it.
type opened struct {
	asked *apiv1.StateDiffSubscription
	out   chan *apiv1.StateDiffEvent
	ended <-chan struct{}
}

func (a *agent) SubscribeStateDiffs(m *apiv1.StateDiffSubscription, s grpc.ServerStreamingServer[apiv1.StateDiffEvent]) error {
	o := &opened{m, make(chan *apiv1.StateDiffEvent), s.Context().Done()}
	select {
	case a.streams <- o:
	case <-o.ended:
		return nil
	}
	for {
		select {
		case ev, ok := <-o.out:
			if !ok {
				return errors.New("the agent ends")
			}
			if err := s.Send(ev); err != nil {
				return err
			}
		case <-o.ended:
			return nil
		}
	}
}

func (a *agent) UpdateResourceState(_ context.Context, m *apiv1.UpdateResourceStateRequest) (*apiv1.UpdateResourceStateResponse, error) {
	return &apiv1.UpdateResourceStateResponse{}, a.push(m)
}

func (a *agent) GetStateDiff(_ context.Context, m *apiv1.StateDiffRequest) (*apiv1.StateDiffResponse, error) {
	return a.look(m), nil
}

func serve(t *testing.T, a *agent) []grpc.DialOption {
	a.streams = make(chan *opened)
	return adaptertest.Serve(t, func(s *grpc.Server) { apiv1.RegisterNodeAgentServer(s, a) })
}

func info(id string, start int64) *apiv1.StateDiffEvent {
	return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Info{Info: wire.NodeInfoToProto(engine.NodeInfo{ID: id, Ready: true}, start)}}
}

func diff(n int64) *apiv1.StateDiff {
	return wire.StateDiffToProto(&engine.StateDiff{Node: "n1", Service: cart, Rev: 1, Counter: engine.Counter{Start: 7, N: n}})
}

func seen(d *apiv1.StateDiff) *apiv1.StateDiffEvent {
	return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Diff{Diff: d}}
}

func synced() *apiv1.StateDiffEvent {
	return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Synced{Synced: &apiv1.Synced{Highest: []*apiv1.Highest{{ResourceId: wire.ResourceToProto(cart), Epoch: 3, Seq: 4}}}}}
}

// alert is the next event, which must be an alert of that code.
func alert(t *testing.T, p *adaptertest.Posts, code string) map[string]string {
	t.Helper()
	ev, ok := p.Next().(engine.AlertRaised)
	if !ok || ev.Code != code {
		t.Fatalf("posted %+v, want the alert %s", ev, code)
	}
	args := map[string]string{}
	for _, f := range ev.Args {
		args[f.Name] = f.Value
	}
	return args
}

// TestRule2_1StreamInOrder: what the agent says is posted in its order, with the stream's name and the highest keys
// (rule 3.3), and the agent is asked for a message each quarter of the timeout.
func TestRule2_1StreamInOrder(t *testing.T) {
	a := &agent{}
	p := adaptertest.Run(t, link(serve(t, a), time.Minute))
	s := <-a.streams
	if d := s.asked.GetHeartbeat().AsDuration(); d != 15*time.Second {
		t.Errorf("a heartbeat each %s is asked for", d)
	}
	s.out <- info("n1", 7)
	if c := p.Changed(engine.AgentConnected); c.Start != 7 || c.Node != "n1" {
		t.Errorf("connected as %+v", c)
	}
	s.out <- seen(diff(1))
	if d := p.Diff(); d.Service != cart || d.Counter != (engine.Counter{Start: 7, N: 1}) {
		t.Errorf("seen %+v", d)
	}
	s.out <- synced()
	if c := p.Changed(engine.AgentSynced); c.Start != 7 || len(c.Highest) != 1 || c.Highest[0].Seq != 4 {
		t.Errorf("synced as %+v", c)
	}
	s.out <- &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Heartbeat{}}
	s.out <- &apiv1.StateDiffEvent{} // of a newer version
	s.out <- info("n1", 7)
	p.Changed(engine.AgentInfo)
}

// TestRule2_0WrongID holds rule 2.0: an agent of another node is refused and alerted once, however often it is tried; nothing that it
// says is taken. Once it is the right one the link opens.
func TestRule2_0WrongID(t *testing.T) {
	a := &agent{}
	p := adaptertest.Run(t, link(serve(t, a), time.Minute))
	s := <-a.streams
	s.out <- info("n2", 7)
	if args := alert(t, p, engine.AlertNodeRefused); args["node"] != "n1" || args["address"] != strings.TrimPrefix(adaptertest.Address, "passthrough:///") || !strings.Contains(args["error"], "n2") {
		t.Errorf("it says %v", args)
	}
	<-s.ended
	s = <-a.streams
	s.out <- info("n2", 8)
	<-s.ended
	s = <-a.streams
	s.out <- info("n1", 9)
	if c := p.Changed(engine.AgentConnected); c.Start != 9 {
		t.Errorf("connected as %+v", c)
	}
}

// TestRule2_0FirstMessage: a stream that does not begin with the NodeInfo is refused.
func TestRule2_0FirstMessage(t *testing.T) {
	a := &agent{}
	p := adaptertest.Run(t, link(serve(t, a), time.Minute))
	s := <-a.streams
	s.out <- seen(diff(1))
	alert(t, p, engine.AlertNodeRefused)
	<-s.ended
}

// TestRule2_2MalformedDiff: a malformed observation is reported with its field and dropped; the stream goes on.
func TestRule2_2MalformedDiff(t *testing.T) {
	a := &agent{}
	p := adaptertest.Run(t, link(serve(t, a), time.Minute))
	s := <-a.streams
	s.out <- info("n1", 7)
	p.Changed(engine.AgentConnected)
	bad := diff(1)
	bad.ResourceId = nil
	s.out <- seen(bad)
	if args := alert(t, p, "malformed_diff"); args["node"] != "n1" || args["field"] != "resource_id" {
		t.Errorf("it says %v", args)
	}
	s.out <- seen(bad) // said once
	s.out <- seen(diff(2))
	if d := p.Diff(); d.Counter.N != 2 {
		t.Errorf("seen %+v", d)
	}
}

// TestMessageTooLarge: a message above the bound ends the stream, is reported, and the next stream opens.
func TestMessageTooLarge(t *testing.T) {
	a := &agent{}
	p := adaptertest.Run(t, link(serve(t, a), time.Minute))
	s := <-a.streams
	s.out <- info("n1", 7)
	p.Changed(engine.AgentConnected)
	large := diff(1)
	large.CannotSee = strings.Repeat("x", wire.MaxMessage+1)
	s.out <- seen(large)
	if args := alert(t, p, "malformed_diff"); args["field"] != "message" {
		t.Errorf("it says %v", args)
	}
	p.Changed(engine.AgentLost)
	(<-a.streams).out <- info("n1", 8)
	p.Changed(engine.AgentConnected)
}

// TestRule2_4LostStream: a stream that ends is told, calls fail until the next one opens, and the next one does.
func TestRule2_4LostStream(t *testing.T) {
	a := &agent{}
	l := link(serve(t, a), time.Minute)
	p := adaptertest.Run(t, l)
	s := <-a.streams
	s.out <- info("n1", 7)
	p.Changed(engine.AgentConnected)
	close(s.out)
	p.Changed(engine.AgentLost)
	var e *engine.Error
	if err := l.Report(t.Context(), engine.SpecSet{Node: "n1"}); !errors.As(err, &e) || e.Kind != engine.Unavailable {
		t.Errorf("report without a stream: %v", err)
	}
	(<-a.streams).out <- info("n1", 8)
	if c := p.Changed(engine.AgentConnected); c.Start != 8 {
		t.Errorf("connected as %+v", c)
	}
}

// TestRule2_1FailedPush: a push names its stream; when it fails the stream is opened anew, so the whole set is owed.
func TestRule2_1FailedPush(t *testing.T) {
	pushed := make(chan int64, 1)
	a := &agent{push: func(m *apiv1.UpdateResourceStateRequest) error {
		pushed <- m.Start
		return errors.New("no room")
	}}
	l := link(serve(t, a), time.Minute)
	p := adaptertest.Run(t, l)
	s := <-a.streams
	s.out <- info("n1", 7)
	p.Changed(engine.AgentConnected)
	if err := l.Report(t.Context(), engine.SpecSet{Node: "n1", Whole: true}); err == nil || !strings.Contains(err.Error(), "no room") {
		t.Errorf("report: %v", err)
	}
	if start := <-pushed; start != 7 {
		t.Errorf("pushed for stream %d", start)
	}
	p.Changed(engine.AgentLost)
	(<-a.streams).out <- info("n1", 8)
	p.Changed(engine.AgentConnected)
}

// TestRule2_7Observe: the answer must be about the service and the question that was put.
func TestRule2_7Observe(t *testing.T) {
	for name, spoil := range map[string]func(*apiv1.StateDiffResponse){
		"":            func(*apiv1.StateDiffResponse) {},
		"asked":       func(m *apiv1.StateDiffResponse) { m.Asked = nil },
		"node":        func(m *apiv1.StateDiffResponse) { m.Diff.Node = "n2" },
		"resource_id": func(m *apiv1.StateDiffResponse) { m.Diff.ResourceId.Name = "other" },
	} {
		t.Run(name, func(t *testing.T) {
			a := &agent{look: func(q *apiv1.StateDiffRequest) *apiv1.StateDiffResponse {
				m := &apiv1.StateDiffResponse{Diff: diff(2), Asked: q.Asked}
				spoil(m)
				return m
			}}
			l := link(serve(t, a), time.Minute)
			p := adaptertest.Run(t, l)
			(<-a.streams).out <- info("n1", 7)
			p.Changed(engine.AgentConnected)
			d, err := l.Observe(t.Context(), engine.ServiceRef{Node: "n1", Service: cart, Asked: 1234})
			var e *engine.Error
			switch {
			case name == "" && (err != nil || d.Service != cart || d.Counter.N != 2):
				t.Errorf("got %+v, %v", d, err)
			case name != "" && (!errors.As(err, &e) || e.Kind != engine.Invalid || !strings.Contains(err.Error(), name)):
				t.Errorf("got %v, want an Invalid error of %s", err, name)
			}
		})
	}
}

package adaptertest

import (
	"context"
	"errors"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Address is what a client of a served party dials, with the options that Serve returns.
const Address = "passthrough:///memory"

// Serve serves over gRPC in memory until the test ends, and returns the options that reach it. Register adds what is
// served.
func Serve(t *testing.T, register func(*grpc.Server)) []grpc.DialOption {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(wire.MaxMessage))
	register(server)
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-done; err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Errorf("serve: %v", err)
		}
	})
	return []grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
	}
}

// RegisterController serves a controller.
func RegisterController(s *grpc.Server, c runner.Controller) {
	apiv1.RegisterActionControllerServer(s, &controllerServer{c: c})
}

type controllerServer struct {
	apiv1.UnimplementedActionControllerServer
	c runner.Controller
}

func (s *controllerServer) ExecuteAction(ctx context.Context, m *apiv1.ActionExecutionRequest) (*apiv1.ActionExecutionResponse, error) {
	a, fence, err := wire.ActionFromProto(m)
	if err != nil {
		return nil, wire.ErrorToStatus(err)
	}
	st, err := s.c.Execute(ctx, a, fence)
	if err != nil {
		return nil, wire.ErrorToStatus(err)
	}
	return &apiv1.ActionExecutionResponse{Outcome: wire.OutcomeToProto(st)}, nil
}

func (s *controllerServer) GetAction(ctx context.Context, m *apiv1.GetActionRequest) (*apiv1.GetActionResponse, error) {
	ref, err := wire.KeyFromProto(m.GetKey())
	if err != nil {
		return nil, wire.ErrorToStatus(err)
	}
	st, err := s.c.Get(ctx, ref, m.GetFence())
	if err != nil {
		return nil, wire.ErrorToStatus(err)
	}
	return wire.StatusToProto(st), nil
}

// RegisterMonitor serves a monitor.
func RegisterMonitor(s *grpc.Server, m runner.Monitor) {
	apiv1.RegisterMonitoringServerServer(s, &monitorServer{m: m})
}

type monitorServer struct {
	apiv1.UnimplementedMonitoringServerServer
	m runner.Monitor
}

func (s *monitorServer) SendAlert(ctx context.Context, m *apiv1.SendAlertRequest) (*apiv1.SendAlertResponse, error) {
	n, err := wire.NoticeFromProto(m.GetAlert())
	if err == nil {
		err = s.m.SendAlert(ctx, n)
	}
	if err != nil {
		return nil, wire.ErrorToStatus(err)
	}
	return &apiv1.SendAlertResponse{}, nil
}

// RegisterAgent serves the agent of a node. It sends no heartbeats: a test that lasts longer than the client's timeout
// has them sent by an agent of its own.
func RegisterAgent(s *grpc.Server, node string, a runner.Agent) {
	apiv1.RegisterNodeAgentServer(s, &agentServer{node: node, a: a})
}

type agentServer struct {
	apiv1.UnimplementedNodeAgentServer
	node string
	a    runner.Agent
}

func (s *agentServer) SubscribeStateDiffs(_ *apiv1.StateDiffSubscription, out grpc.ServerStreamingServer[apiv1.StateDiffEvent]) error {
	var failed error
	ctx, end := context.WithCancel(out.Context())
	defer end()
	s.a.Run(ctx, func(ev engine.Event) {
		if m := event(ev); m != nil && failed == nil {
			if failed = out.Send(m); failed != nil {
				end()
			}
		}
	})
	return failed
}

// event is what an agent says of an event.
func event(ev engine.Event) *apiv1.StateDiffEvent {
	switch x := ev.(type) {
	case engine.DiffSeen:
		return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Diff{Diff: wire.StateDiffToProto(&x.Diff)}}
	case engine.AgentChanged:
		switch x.State {
		case engine.AgentConnected, engine.AgentInfo:
			return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Info{Info: wire.NodeInfoToProto(x.Info, x.Start)}}
		case engine.AgentBlind:
			return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Synced{Synced: &apiv1.Synced{CannotSee: "the runtime is not there"}}}
		case engine.AgentSynced:
			return &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Synced{Synced: &apiv1.Synced{Highest: wire.HighestToProto(x.Highest)}}}
		}
	}
	return nil
}

func (s *agentServer) UpdateResourceState(ctx context.Context, m *apiv1.UpdateResourceStateRequest) (*apiv1.UpdateResourceStateResponse, error) {
	set, err := wire.SpecSetFromProto(s.node, m)
	if err == nil {
		err = s.a.Report(ctx, set)
	}
	if err != nil {
		return nil, wire.ErrorToStatus(err)
	}
	return &apiv1.UpdateResourceStateResponse{}, nil
}

func (s *agentServer) GetStateDiff(ctx context.Context, m *apiv1.StateDiffRequest) (*apiv1.StateDiffResponse, error) {
	d, err := s.a.Observe(ctx, engine.ServiceRef{Node: s.node, Service: wire.ResourceFromProto(m.GetResourceId()), Asked: wire.InstantFromProto(m.GetAsked())})
	if err != nil {
		return nil, wire.ErrorToStatus(err)
	}
	return &apiv1.StateDiffResponse{Diff: wire.StateDiffToProto(&d), Asked: m.GetAsked()}, nil
}

package nodeagent

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/adapters/wire"
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// leastHeartbeat is the shortest interval that an agent need keep.
const leastHeartbeat = 100 * time.Millisecond

// leastPing is the shortest interval that gRPC pings in.
const leastPing = 10 * time.Second

var errSilent = errors.New("nothing was heard for node_timeout")

// stream is one stream of observations, on a connection of its own: what is wrong with a connection ends with it.
type stream struct {
	*Link
	run    context.Context // of Run
	client apiv1.NodeAgentClient
	events grpc.ServerStreamingClient[apiv1.StateDiffEvent]
	end    context.CancelCauseFunc
	quiet  *time.Timer // ends the stream when nothing is heard; stopped while a message is posted
	start  int64
	synced bool
	post   func(engine.Event)
}

// once opens a stream and reads it to its end. It says whether the stream was synced, and why it ended.
func (l *Link) once(ctx context.Context, post func(engine.Event)) (synced bool, err error) {
	conn, err := grpc.NewClient(l.Address, append(l.options(), l.Dial...)...)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	run := ctx
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s := &stream{Link: l, run: run, client: apiv1.NewNodeAgentClient(conn), end: end, post: post}
	s.quiet = time.AfterFunc(l.NodeTimeout, func() { end(errSilent) })
	defer s.quiet.Stop()
	every := durationpb.New(max(l.NodeTimeout/4, leastHeartbeat))
	if s.events, err = s.client.SubscribeStateDiffs(ctx, &apiv1.StateDiffSubscription{Heartbeat: every}); err == nil {
		err = s.read()
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return s.synced, err
}

// options ping an agent whose stream is open, besides the heartbeats that come the other way (rule 2.4).
func (l *Link) options() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: max(l.NodeTimeout, leastPing), Timeout: l.NodeTimeout}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage), grpc.MaxCallSendMsgSize(wire.MaxMessage)),
	}
}

// read opens the stream with its NodeInfo and takes each message until it ends.
func (s *stream) read() error {
	m, err := s.next()
	if err != nil {
		return err
	}
	info, err := s.info(m.GetInfo(), true)
	if err != nil {
		return err
	}
	s.set(s)
	s.Log.Info("stream is open", "start", s.start)
	s.post(engine.AgentChanged{Node: s.Node, State: engine.AgentConnected, Start: s.start, Info: info})
	for err == nil {
		if m, err = s.next(); err == nil {
			err = s.take(m)
		}
	}
	s.set(nil)
	s.lost()
	return err
}

// lost says that the stream has ended, unless Run was told to end: nobody may be left to hear it.
func (s *stream) lost() {
	switch {
	case s.run.Err() != nil:
	case errors.Is(context.Cause(s.events.Context()), errSilent):
		s.post(engine.AgentChanged{Node: s.Node, State: engine.AgentSilent})
	default:
		s.post(engine.AgentChanged{Node: s.Node, State: engine.AgentLost})
	}
}

// next waits for a message. The time that its predecessor took to be posted is not the agent's silence.
func (s *stream) next() (*apiv1.StateDiffEvent, error) {
	s.quiet.Reset(s.NodeTimeout)
	m, err := s.events.Recv()
	s.quiet.Stop()
	if status.Code(err) == codes.ResourceExhausted {
		s.malformed(s.post, errors.New("message: "+status.Convert(err).Message()))
	}
	return m, err
}

// take takes a message. An error ends the stream; a malformed observation does not, it is dropped and changes nothing.
func (s *stream) take(m *apiv1.StateDiffEvent) error {
	switch x := m.GetEvent().(type) {
	case *apiv1.StateDiffEvent_Diff:
		d, err := wire.StateDiffFromProto(s.Node, x.Diff)
		if err != nil {
			s.malformed(s.post, err)
			return nil
		}
		if d.Blind {
			s.Log.Warn("agent cannot see", "service", d.Service, "reason", x.Diff.CannotSee)
		}
		s.post(engine.DiffSeen{Diff: d})
	case *apiv1.StateDiffEvent_Synced:
		if why := x.Synced.GetCannotSee(); why != "" {
			s.Log.Warn("agent cannot see its node", "reason", why)
			s.post(engine.AgentChanged{Node: s.Node, State: engine.AgentBlind, Start: s.start})
			return nil
		}
		highest, err := wire.HighestFromProto(x.Synced.GetHighest())
		if err != nil {
			s.malformed(s.post, err)
			return err
		}
		s.synced = true
		s.Log.Info("node is synced", "start", s.start)
		s.post(engine.AgentChanged{Node: s.Node, State: engine.AgentSynced, Start: s.start, Highest: highest})
	case *apiv1.StateDiffEvent_Info:
		info, err := s.info(x.Info, false)
		if err != nil {
			return err
		}
		s.post(engine.AgentChanged{Node: s.Node, State: engine.AgentInfo, Info: info})
	}
	return nil // a heartbeat, or what a newer agent says besides: it lives
}

// info reads what the node says of itself. What is malformed or has another id than the configured one is refused (rule
// 2.0).
func (s *stream) info(m *apiv1.NodeInfo, opens bool) (engine.NodeInfo, error) {
	info, start, err := wire.NodeInfoFromProto(m)
	if m == nil {
		err = &engine.Error{Kind: engine.Invalid, Text: "info: it is not the first message of the stream"}
	} else if err == nil && !opens && start != s.start {
		err = &engine.Error{Kind: engine.Invalid, Text: "info.start: it changed within the stream"}
	}
	if err == nil && info.ID != s.Node {
		err = &engine.Error{Kind: engine.Conflict, Text: "it says that its node is " + info.ID + ": mend nodes in the configuration, or the agent's id"}
	}
	if err != nil {
		s.refused(s.post, err)
		return engine.NodeInfo{}, err
	}
	s.start = start
	return info, nil
}

package nodeagent

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"statemanager/adapters/wire"
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Config is what a link needs.
type Config struct {
	// Node is the id that the agent must say it has.
	Node string
	// Address is that of the agent, in gRPC's form.
	Address string
	// NodeTimeout is how long nothing may be heard (rule 2.4); the agent is asked for a message each quarter of it.
	NodeTimeout time.Duration
	// Dial holds the transport credentials, and what else the caller wants of the connection.
	Dial []grpc.DialOption
	// Log is where what happens to the link is written.
	Log hclog.Logger
}

const (
	backoffFirst = 200 * time.Millisecond
	backoffMost  = 5 * time.Second
	alertAgain   = time.Hour   // the same alert is raised again
	sayAgain     = time.Minute // the same trouble is logged again
)

// Link is the link to one NodeAgent. It implements runner.Agent.
type Link struct {
	Config
	told map[string]time.Time // alerts that were raised, and the trouble that was logged; of Run's goroutine

	mu     sync.Mutex
	stream *stream // nil = there is none
}

// New makes a link; Run opens it.
func New(c Config) *Link {
	c.Log = c.Log.With("node", c.Node, "address", strings.TrimPrefix(c.Address, "passthrough:///"))
	return &Link{Config: c, told: map[string]time.Time{}}
}

// Run keeps the link until ctx ends. It calls post from its own goroutine only; while post blocks nothing is read, and
// the agent is not taken for silent.
func (l *Link) Run(ctx context.Context, post func(engine.Event)) {
	for wait := backoffFirst; ctx.Err() == nil; wait = min(2*wait, backoffMost) {
		synced, err := l.once(ctx, post)
		if ctx.Err() != nil {
			return
		}
		if synced {
			wait = backoffFirst
			delete(l.told, "down")
		}
		pause := wait/2 + rand.N(wait/2)
		if l.seldom("down", sayAgain) {
			l.Log.Warn("link is down: it is tried again", "error", err, "again_in", pause)
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// Report pushes specs, many of them in several messages. After an error the stream is opened anew, and the whole set is
// owed; a spec that cannot be shown is Invalid and leaves the stream as it is, since a new one would not help.
func (l *Link) Report(ctx context.Context, set engine.SpecSet) error {
	s, err := l.current("push specs")
	if err != nil {
		return err
	}
	parts, err := wire.SpecSetToProto(set, s.start)
	if err != nil {
		return fmt.Errorf("push specs to node %s: %w", l.Node, err)
	}
	for _, m := range parts {
		if err := l.push(ctx, s, m); err != nil {
			return err
		}
	}
	return nil
}

func (l *Link) push(ctx context.Context, s *stream, m *apiv1.UpdateResourceStateRequest) error {
	ctx, cancel := context.WithTimeout(ctx, l.NodeTimeout)
	defer cancel()
	_, err := s.client.UpdateResourceState(ctx, m)
	if err != nil {
		err = wire.ErrorFromStatus("push specs to node "+l.Node, err)
		s.end(err)
	}
	return err
}

// Observe asks for an uncached observation until ctx ends (rule 2.7). A malformed answer is Invalid.
func (l *Link) Observe(ctx context.Context, ref engine.ServiceRef) (engine.StateDiff, error) {
	s, err := l.current("observe " + ref.Service.String())
	if err != nil {
		return engine.StateDiff{}, err
	}
	doing := fmt.Sprintf("observe %s at node %s", ref.Service, l.Node)
	m, err := s.client.GetStateDiff(ctx, &apiv1.StateDiffRequest{ResourceId: wire.ResourceToProto(ref.Service), Asked: wire.InstantToProto(ref.Asked)})
	if err != nil {
		return engine.StateDiff{}, wire.ErrorFromStatus(doing, err)
	}
	d, err := wire.StateDiffFromProto(l.Node, m.GetDiff())
	switch asked := wire.InstantFromProto(m.GetAsked()); {
	case err != nil:
	case d.Service != ref.Service:
		err = &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf("resource_id: the answer is about %s", d.Service)}
	case asked != ref.Asked:
		err = &engine.Error{Kind: engine.Invalid, Text: "asked: the answer is to another question"}
	default:
		return d, nil
	}
	l.Log.Error("malformed answer is dropped", "service", ref.Service, "error", err)
	return engine.StateDiff{}, fmt.Errorf("%s: %w", doing, err)
}

// current is the stream of the moment.
func (l *Link) current(doing string) (*stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stream == nil {
		return nil, &engine.Error{Kind: engine.Unavailable, Text: doing + ": there is no link to node " + l.Node}
	}
	return l.stream, nil
}

func (l *Link) set(s *stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stream = s
}

// malformed reports what the agent said wrong. The field is what the error begins with.
func (l *Link) malformed(post func(engine.Event), err error) {
	field, _, _ := strings.Cut(err.Error(), ":")
	l.Log.Error("malformed message is dropped", "error", err)
	l.alert(post, engine.AlertMalformedDiff, field, engine.Field{Name: "field", Value: field})
}

// refused reports that this is not the agent of the node (rule 2.0).
func (l *Link) refused(post func(engine.Event), err error) {
	l.alert(post, engine.AlertNodeRefused, "", engine.Field{Name: "address", Value: strings.TrimPrefix(l.Address, "passthrough:///")}, engine.Field{Name: "error", Value: err.Error()})
}

// alert raises an alert, the same one at most once an hour: an agent that is wrong once is wrong with every message.
func (l *Link) alert(post func(engine.Event), code, what string, args ...engine.Field) {
	if !l.seldom(code+what, alertAgain) {
		return
	}
	post(engine.AlertRaised{Code: code, Args: append([]engine.Field{{Name: "node", Value: l.Node}}, args...)})
}

// seldom is true once in a while for the same.
func (l *Link) seldom(what string, again time.Duration) bool {
	now := time.Now()
	if last, ok := l.told[what]; ok && now.Sub(last) < again {
		return false
	}
	l.told[what] = now
	return true
}

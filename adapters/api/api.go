// Package api serves what other components and humans ask of the daemon: StateManager, Operator, health and reflection.
package api

import (
	"context"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Writer changes what is wanted.
type Writer interface {
	Apply(ctx context.Context, id engine.ResourceID, s *engine.Spec) (runner.Applied, error)
	Delete(ctx context.Context, id engine.ResourceID) (runner.Applied, error)
	Check(ctx context.Context, id engine.ResourceID, s *engine.Spec) (runner.Applied, error)
	Retry(ctx context.Context, id engine.ResourceID, overrides bool) (string, error)
	Resolve(ctx context.Context, id engine.ResourceID, key engine.EpochSeq, as engine.Result) (string, error)
}

// Conductor changes how the whole cell goes on.
type Conductor interface {
	Pause(ctx context.Context) (string, error)
	Resume(ctx context.Context) (string, error)
	Paused(ctx context.Context) (engine.Instant, error)
	Facts(ctx context.Context) ([]runner.SiteFact, error)
	SetFacts(ctx context.Context, facts map[string]string) ([]runner.SiteFact, error)
}

// Adviser shows what policy would do.
type Adviser interface {
	Strategy(ctx context.Context, id engine.ResourceID, issue string) (runner.Strategy, error)
	Pack(ctx context.Context) (*engine.Pack, error)
}

// Reader shows services and nodes.
type Reader interface {
	Services(ctx context.Context) ([]engine.ResourceID, error)
	View(ctx context.Context, id engine.ResourceID) (runner.Service, error)
	Nodes(ctx context.Context) ([]engine.NodeView, error)
}

// Historian shows what happened, oldest first.
type Historian interface {
	History(ctx context.Context, f runner.HistoryFilter) ([]engine.Entry, error)
	Subscribe(ctx context.Context, f runner.EventFilter, after int64) (*runner.Subscription, error)
}

// Manager is what the API serves: a runner.Runner.
type Manager interface {
	Writer
	Conductor
	Adviser
	Reader
	Historian
	Status() runner.Status
}

// Config is what the API is made of. Fields without "optional" are required.
type Config struct {
	// Manager is asked and told everything.
	Manager Manager
	// Policy is how policy stands now.
	Policy func() PolicyStatus
	// Version and Cell say which daemon answers.
	Version, Cell string
	// LeadingSince is when it became the cell's leader. Optional: it does not lead.
	LeadingSince time.Time
	// Nodes are the addresses of the configured nodes, by node.
	Nodes map[string]Addresses
	// Stopping ends the streams when it is done, with its cause: calls alone are worth waiting for. Optional.
	Stopping context.Context
	// Log takes one line for each call that changes something or fails inside. Optional.
	Log hclog.Logger
}

// Addresses are where the parties of a node are.
type Addresses struct{ Agent, Controller string }

// PolicyStatus is the pack that decides, and the one in the directory that was refused.
type PolicyStatus struct {
	Active    string // revision
	Since     time.Time
	Tests     int    // of the active pack, that passed
	Directory string // that is watched; "" = none
	Refused   string // revision; "" = none is, or it could not be read
	RefusedAt time.Time
	Problems  []PolicyProblem // what is wrong with the refused one, and warnings of the active one
}

// PolicyProblem is one thing that is wrong with a pack.
type PolicyProblem struct {
	Severity, Gate, File string
	Line                 int // from 1; 0 = the file as a whole
	Text                 string
}

// MaxRequest is the most bytes that a request may have: more is refused with RESOURCE_EXHAUSTED, which says so.
const MaxRequest = 1 << 20

// New makes a server with all services of the API; the caller has it serve, and stops it.
func New(c Config, opts ...grpc.ServerOption) *grpc.Server {
	if c.Log == nil {
		c.Log = hclog.NewNullLogger()
	}
	if c.Stopping == nil {
		c.Stopping = context.Background()
	}
	guard := guard{c.Log, c.Stopping}
	s := grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(MaxRequest), grpc.UnaryInterceptor(guard.call), grpc.StreamInterceptor(guard.stream))...)
	apiv1.RegisterStateManagerServer(s, &states{Config: c})
	apiv1.RegisterOperatorServer(s, &operator{Config: c})
	healthpb.RegisterHealthServer(s, &health{status: c.Manager.Status})
	reflection.Register(s)
	return s
}

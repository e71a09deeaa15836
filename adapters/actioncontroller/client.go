// Package actioncontroller is the client of an ActionController over gRPC.
package actioncontroller

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"

	"statemanager/adapters/wire"
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Config is what a client needs.
type Config struct {
	// Address is that of the controller, in gRPC's form.
	Address string
	// Dial holds the transport credentials, and what else the caller wants of the connection.
	Dial []grpc.DialOption
	// Log is where calls and their errors are written.
	Log hclog.Logger
}

// Client carries out actions at the nodes of one controller. It implements runner.Controller, is safe for concurrent
// use, and serves all nodes that the controller does.
type Client struct {
	conn   *grpc.ClientConn
	client apiv1.ActionControllerClient
	log    hclog.Logger
}

// A connection that broke is found by pings, and by the system when what was sent is not acknowledged. They are rarer
// than gRPC servers refuse by default for the usual length of an action.
var keptAlive = keepalive.ClientParameters{Time: time.Minute, Timeout: 10 * time.Second}

// reconnect is how often a controller that is away is tried, whatever is asked of it meanwhile.
var reconnect = backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 2, Jitter: 0.2, MaxDelay: 5 * time.Second}

// New makes a client; it connects with the first call. An error names the address.
func New(c Config) (*Client, error) {
	options := append([]grpc.DialOption{
		grpc.WithKeepaliveParams(keptAlive),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 5 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage), grpc.MaxCallSendMsgSize(wire.MaxMessage)),
	}, c.Dial...)
	conn, err := grpc.NewClient(c.Address, options...)
	if err != nil {
		return nil, fmt.Errorf("use controller address %q: %w", c.Address, err)
	}
	return &Client{conn, apiv1.NewActionControllerClient(conn), c.Log.With("address", strings.TrimPrefix(c.Address, "passthrough:///"))}, nil
}

// Close ends the connection; calls under way fail.
func (c *Client) Close() error { return c.conn.Close() }

// Execute sends an action and waits for its outcome until ctx ends. After an error nothing is known of it, except an
// Invalid one: the action cannot be sent.
func (c *Client) Execute(ctx context.Context, a *engine.Action, fence int64) (engine.ActionStatus, error) {
	doing := fmt.Sprintf("execute %s of %s at node %s", a.Kind, a.Service, a.Node)
	m, err := wire.ActionToProto(a, fence)
	if err != nil {
		return engine.ActionStatus{}, fmt.Errorf("%s: %w", doing, err)
	}
	answer, err := c.client.ExecuteAction(ctx, m)
	if err != nil {
		return engine.ActionStatus{}, c.failed(doing, a.ActionRef, err)
	}
	return wire.OutcomeFromProto(a.ActionRef, answer.GetOutcome()), nil
}

// Get asks what became of an action, until ctx ends. NeverHeard means that it will never be carried out (rule 3.5).
func (c *Client) Get(ctx context.Context, ref engine.ActionRef, fence int64) (engine.ActionStatus, error) {
	answer, err := c.client.GetAction(ctx, &apiv1.GetActionRequest{Key: wire.KeyToProto(ref), Fence: fence})
	if err != nil {
		return engine.ActionStatus{}, c.failed(fmt.Sprintf("ask what became of an action of %s at node %s", ref.Service, ref.Node), ref, err)
	}
	return wire.StatusFromProto(ref, answer), nil
}

func (c *Client) failed(doing string, ref engine.ActionRef, err error) error {
	err = wire.ErrorFromStatus(doing, err)
	c.log.Warn("controller gives no answer", "epoch", ref.Epoch, "seq", ref.Seq, "error", err)
	return err
}

// Package monitoring is the client of the MonitoringServer over gRPC.
package monitoring

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/types/known/timestamppb"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Config is what a client needs.
type Config struct {
	// Address is that of the MonitoringServer, in gRPC's form.
	Address string
	// Dial holds the transport credentials, and what else the caller wants of the connection.
	Dial []grpc.DialOption
	// Log is where errors are written.
	Log hclog.Logger
	// Cell is the name of the cell, and Leading when this daemon began to lead it: both are told with the metrics.
	Cell    string
	Leading func() time.Time
}

// Client sends notices, alerts and metrics. It implements runner.Monitor and is safe for concurrent use.
type Client struct {
	conn   *grpc.ClientConn
	client apiv1.MonitoringServerClient
	log    hclog.Logger
	config Config
}

// callTimeout bounds a call: the notice stays in its outbox and is sent again (rule 3.6).
const callTimeout = 10 * time.Second

var (
	keptAlive = keepalive.ClientParameters{Time: time.Minute, Timeout: 10 * time.Second}
	reconnect = backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 2, Jitter: 0.2, MaxDelay: 5 * time.Second}
)

// New makes a client; it connects with the first call. An error names the address.
func New(c Config) (*Client, error) {
	options := append([]grpc.DialOption{
		grpc.WithKeepaliveParams(keptAlive),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 5 * time.Second}),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessage), grpc.MaxCallSendMsgSize(wire.MaxMessage)),
	}, c.Dial...)
	conn, err := grpc.NewClient(c.Address, options...)
	if err != nil {
		return nil, fmt.Errorf("use monitoring address %q: %w", c.Address, err)
	}
	return &Client{conn, apiv1.NewMonitoringServerClient(conn), c.Log.With("address", strings.TrimPrefix(c.Address, "passthrough:///")), c}, nil
}

// Close ends the connection; calls under way fail.
func (c *Client) Close() error { return c.conn.Close() }

// SendAlert sends a notice and waits until it is accepted, for 10 s at most. After an error it is to be sent again.
func (c *Client) SendAlert(ctx context.Context, n engine.Notice) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := c.client.SendAlert(ctx, &apiv1.SendAlertRequest{Alert: wire.NoticeToProto(n)})
	if err != nil {
		err = wire.ErrorFromStatus("send alert "+n.Code, err)
		c.log.Debug("alert is not accepted", "code", n.Code, "error", err)
	}
	return err
}

// SendMetrics sends figures. It tries once.
func (c *Client) SendMetrics(ctx context.Context, m runner.Metrics) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	x := wire.MetricsToProto(m)
	x.Cell = c.config.Cell
	if f := c.config.Leading; f != nil && !f().IsZero() {
		x.LeadingSince = timestamppb.New(f())
	}
	_, err := c.client.SendMetrics(ctx, &apiv1.SendMetricsRequest{Metrics: x})
	return wire.ErrorFromStatus("send metrics", err)
}

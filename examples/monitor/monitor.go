// Package monitor is an example MonitoringServer: it writes each alert to a file as one JSON line, once for each key.
package monitor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	apiv1 "statemanager/proto/statemanager/v1"
)

// Config is what a monitor needs to know.
type Config struct {
	// Listen is the address: HOST:PORT, port 0 for any. Without TLS it must be a loopback address.
	Listen string
	// File takes the alerts, each a StateAlert in protobuf JSON on a line of its own. Required.
	File string
	// TLS secures the listener. Nil means none.
	TLS *tls.Config
	// Log takes what happens. Nil means nowhere.
	Log hclog.Logger
}

func (c *Config) validate() error {
	switch {
	case c.File == "":
		return errors.New("monitor: file is missing: name the file for the alerts")
	case c.TLS == nil && !loopback(c.Listen):
		return fmt.Errorf("monitor: listen: %q is no loopback address, which it must be without TLS", c.Listen)
	}
	return nil
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Monitor is a MonitoringServer.
type Monitor struct {
	apiv1.UnimplementedMonitoringServerServer
	config   Config
	alerts   *alerts
	server   *grpc.Server
	listener net.Listener
	served   chan error
}

// New checks the configuration.
func New(c Config) (*Monitor, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = hclog.NewNullLogger()
	}
	return &Monitor{config: c, served: make(chan error, 1)}, nil
}

// Start reads the alerts that the file holds and serves, in a goroutine that Stop ends. A Monitor is started once.
func (m *Monitor) Start() (err error) {
	if m.alerts, err = openAlerts(m.config.File); err != nil {
		return err
	}
	if m.listener, err = net.Listen("tcp", m.config.Listen); err != nil {
		m.alerts.close()
		return fmt.Errorf("listen for monitor: %w", err)
	}
	m.server = grpc.NewServer(m.options()...)
	apiv1.RegisterMonitoringServerServer(m.server, m)
	go func() { m.served <- m.server.Serve(m.listener) }()
	m.config.Log.Info("monitor serves", "address", m.Addr(), "file", m.config.File)
	return nil
}

func (m *Monitor) options() []grpc.ServerOption {
	opts := []grpc.ServerOption{
		grpc.WaitForHandlers(true),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 100 * time.Millisecond, PermitWithoutStream: true}),
	}
	if m.config.TLS != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(m.config.TLS)))
	}
	return opts
}

// Addr is the address that a started monitor listens at.
func (m *Monitor) Addr() string { return m.listener.Addr().String() }

// Stop ends calls and closes the file. It is called once, after Start.
func (m *Monitor) Stop() error {
	m.server.Stop()
	return m.alerts.close()
}

// SendAlert implements the service: it accepts what is durable.
func (m *Monitor) SendAlert(_ context.Context, req *apiv1.SendAlertRequest) (*apiv1.SendAlertResponse, error) {
	a := req.GetAlert()
	if a.GetKey() == nil {
		return nil, status.Error(codes.InvalidArgument, "alert: key is missing")
	}
	fresh, err := m.alerts.add(a)
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	if fresh {
		m.config.Log.Warn("alert", "code", a.GetCode(), "text", a.GetText())
	}
	return &apiv1.SendAlertResponse{}, nil
}

// SendMetrics implements the service: the newest figures alone stand in the file beside the alerts' one, named like it
// with ".metrics" at the end.
func (m *Monitor) SendMetrics(_ context.Context, req *apiv1.SendMetricsRequest) (*apiv1.SendMetricsResponse, error) {
	if req.GetMetrics() == nil {
		return nil, status.Error(codes.InvalidArgument, "metrics are missing")
	}
	if err := writeMetrics(m.config.File+".metrics", req.Metrics); err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	return &apiv1.SendMetricsResponse{}, nil
}

// Run runs a monitor until ctx ends or it cannot serve any more.
func Run(ctx context.Context, c Config) error {
	m, err := New(c)
	if err != nil {
		return err
	}
	if err := m.Start(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case err = <-m.served:
		err = fmt.Errorf("serve monitor: %w", err)
	}
	return errors.Join(err, m.Stop())
}

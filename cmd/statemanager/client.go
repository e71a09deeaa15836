package main

import (
	"cmp"
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"statemanager/engine"
	pb "statemanager/proto/statemanager/v1"
)

// client is the connection to a running daemon, by the flags that every command has.
type client struct {
	address, output string
	tls             TLSFiles
	insecure        bool
	timeout         time.Duration
}

func (c *client) flags(f *pflag.FlagSet) {
	f.StringVar(&c.address, "address", cmp.Or(os.Getenv("STATEMANAGER_ADDRESS"), "127.0.0.1:7600"), "HOST:PORT of the daemon (environment: STATEMANAGER_ADDRESS)")
	c.outputFlag(f)
	f.StringVar(&c.tls.CA, "tls-ca", "", "PEM file with the certificates that the other end's must be signed by")
	f.StringVar(&c.tls.Cert, "tls-cert", "", "PEM file with this end's certificate")
	f.StringVar(&c.tls.Key, "tls-key", "", "PEM file with its private key")
	f.BoolVar(&c.insecure, "insecure", false, "allow plain text off loopback")
	f.DurationVar(&c.timeout, "timeout", 15*time.Second, "how long to wait for the daemon; 0: as long as it takes")
}

// outputFlag is the one flag of them that also commands have which need no daemon.
func (c *client) outputFlag(f *pflag.FlagSet) {
	f.StringVarP(&c.output, "output", "o", "table", "output: table (local times), json or yaml (UTC)")
}

// reconnect is how often a watch tries a daemon that is away.
var reconnect = backoff.Config{BaseDelay: againAfter, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * againAfter}

// session is one open connection.
type session struct {
	states   pb.StateManagerClient
	operator pb.OperatorClient
	close    func() error
}

// dial opens a connection; the returned context ends after wait, if that is above 0.
func (c *client) dial(ctx context.Context, wait time.Duration) (context.Context, *session, error) {
	if !slices.Contains(outputs, c.output) {
		return nil, nil, usagef("--output: %q is none of %s", c.output, strings.Join(outputs, ", "))
	}
	if wait < 0 {
		return nil, nil, usagef("--timeout: %s is negative; 0 waits as long as it takes", wait)
	}
	if err := checkAddress("--address", c.address); err != nil {
		return nil, nil, err
	}
	creds, err := credentialsFor("--address", c.address, c.tls, c.insecure)
	if err != nil {
		return nil, nil, err
	}
	conn, err := grpc.NewClient("passthrough:///"+c.address, grpc.WithTransportCredentials(creds), grpc.WithUnaryInterceptor(c.follow),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 20 * time.Second}))
	if err != nil {
		return nil, nil, usagef("--address: %w", err)
	}
	cancel := context.CancelFunc(func() {})
	if wait > 0 {
		ctx, cancel = context.WithTimeout(ctx, wait)
	}
	end := func() error { cancel(); return conn.Close() }
	return ctx, &session{pb.NewStateManagerClient(conn), pb.NewOperatorClient(conn), end}, nil
}

// call opens a connection for one function, which may take --timeout.
func (c *client) call(ctx context.Context, f func(context.Context, *session) error) error {
	return c.with(ctx, c.timeout, f)
}

// stream opens a connection for one function, which takes as long as it likes.
func (c *client) stream(ctx context.Context, f func(context.Context, *session) error) error {
	return c.with(ctx, 0, f)
}

func (c *client) with(ctx context.Context, wait time.Duration, f func(context.Context, *session) error) error {
	ctx, s, err := c.dial(ctx, wait)
	if err != nil {
		return err
	}
	defer s.close()
	return f(ctx, s)
}

// resource reads NAME or NAMESPACE/NAME.
func resource(arg string) (*pb.ResourceId, error) {
	namespace, name, ok := strings.Cut(arg, "/")
	if !ok {
		namespace, name = "default", arg
	}
	if namespace == "" || name == "" || strings.Contains(name, "/") {
		return nil, usagef("%q is no service: write NAME or NAMESPACE/NAME", arg)
	}
	return &pb.ResourceId{Kind: "service", Namespace: namespace, Name: name}, nil
}

func idText(r *pb.ResourceId) string {
	return engine.Service(r.GetNamespace(), r.GetName()).String()
}

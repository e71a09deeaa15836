package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	apiv1 "statemanager/proto/statemanager/v1"
)

// stopWithin is how long an orderly stop may take; then what is left is killed.
const stopWithin = 10 * time.Second

// cordoned is the file that makes a node not ready.
const cordoned = "cordoned"

// Config is what a node needs to know.
type Config struct {
	// ID is the node's id, by which specs name it. Required.
	ID string
	// Listen is the address of agent and controller: HOST:PORT, port 0 for any. Without TLS it must be a loopback address.
	Listen string
	// Dir keeps the ledger, and the logs and working directories of the services. One node at a time uses it. Required.
	Dir string
	// Labels are free; the node classes of a policy pack match them.
	Labels map[string]string
	// Capacity is how many services fit. 0 means any number.
	Capacity uint32
	// Custom are the actions that only this node knows: a program and its arguments by the name that the policy pack gives
	// the action. Programs run in Dir.
	Custom map[string][]string
	// TLS secures the listener. Nil means none.
	TLS *tls.Config
	// Log takes what happens. Nil means nowhere.
	Log hclog.Logger
}

func (c *Config) validate() error {
	switch {
	case c.ID == "":
		return errors.New("node: id is missing")
	case c.Dir == "":
		return errors.New("node: dir is missing: name a directory for the ledger and the services")
	case c.TLS == nil && !loopback(c.Listen):
		return fmt.Errorf("node: listen: %q is no loopback address, which it must be without TLS", c.Listen)
	}
	return nil
}

func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Node is a NodeAgent and an ActionController with the processes of one node.
type Node struct {
	config   Config
	ledger   *ledger
	super    *supervisor
	agent    *agent
	control  *controller
	server   *grpc.Server
	listener net.Listener
	end      context.CancelFunc
	served   chan error
}

// New checks the configuration.
func New(c Config) (*Node, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	if c.Log == nil {
		c.Log = hclog.NewNullLogger()
	}
	c.Labels, c.Custom = maps.Clone(c.Labels), maps.Clone(c.Custom)
	return &Node{config: c, served: make(chan error, 1)}, nil
}

// Start opens the ledger and serves, in goroutines that Stop ends. A Node is started once.
func (n *Node) Start() error {
	if err := os.MkdirAll(n.config.Dir, 0o755); err != nil {
		return fmt.Errorf("make directory of node: %w", err)
	}
	dir, err := filepath.Abs(n.config.Dir)
	if err != nil {
		return fmt.Errorf("find directory of node: %w", err)
	}
	if n.ledger, err = openLedger(filepath.Join(dir, "ledger.jsonl")); err != nil {
		return err
	}
	if n.listener, err = net.Listen("tcp", n.config.Listen); err != nil {
		n.ledger.close()
		return fmt.Errorf("listen for node %s: %w", n.config.ID, err)
	}
	n.join(dir)
	go func() { n.served <- n.server.Serve(n.listener) }()
	n.config.Log.Info("node serves", "node", n.config.ID, "address", n.Addr())
	return nil
}

// join makes the parts and joins them.
func (n *Node) join(dir string) {
	life, end := context.WithCancel(context.Background())
	n.end = end
	n.agent = &agent{info: n.info, highest: n.ledger.newest, specs: map[serviceID]held{}}
	n.super = newSupervisor(n.config.ID, dir, n.config.Log.Named("supervisor"), n.agent.changed)
	n.agent.see, n.agent.known = n.super.see, n.super.known
	n.control = &controller{node: n.config.ID, super: n.super, ledger: n.ledger, held: n.agent.spec, custom: n.config.Custom,
		log: n.config.Log.Named("controller"), life: life}
	n.server = grpc.NewServer(n.options()...)
	apiv1.RegisterNodeAgentServer(n.server, n.agent)
	apiv1.RegisterActionControllerServer(n.server, n.control)
}

func (n *Node) options() []grpc.ServerOption {
	opts := []grpc.ServerOption{
		grpc.WaitForHandlers(true),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: 5 * time.Second, Timeout: 5 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 100 * time.Millisecond, PermitWithoutStream: true}),
	}
	if n.config.TLS != nil {
		opts = append(opts, grpc.Creds(credentials.NewTLS(n.config.TLS)))
	}
	return opts
}

func (n *Node) info(start int64) *apiv1.NodeInfo {
	return &apiv1.NodeInfo{Id: n.config.ID, Labels: n.config.Labels, Capacity: n.config.Capacity, Ready: n.ready(), Start: start}
}

// ready says whether the node takes new services: not while somebody keeps a file of this name in its directory.
func (n *Node) ready() bool {
	_, err := os.Stat(filepath.Join(n.config.Dir, cordoned))
	return errors.Is(err, os.ErrNotExist)
}

// Addr is the address that a started node listens at.
func (n *Node) Addr() string { return n.listener.Addr().String() }

// Stop ends actions, calls and processes, in this order, and waits for them. When ctx ends, processes are killed at once.
// It is called once, after Start.
func (n *Node) Stop(ctx context.Context) error {
	n.end()
	n.server.Stop()
	n.control.work.Wait()
	n.super.stop(ctx)
	return n.ledger.close()
}

// Run runs a node until ctx ends or it cannot serve any more.
func Run(ctx context.Context, c Config) error {
	n, err := New(c)
	if err != nil {
		return err
	}
	if err := n.Start(); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
	case err = <-n.served:
		err = fmt.Errorf("serve node %s: %w", c.ID, err)
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return errors.Join(err, n.Stop(stop))
}

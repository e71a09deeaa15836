package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"statemanager/adapters/actioncontroller"
	"statemanager/adapters/etcd"
	"statemanager/adapters/monitoring"
	"statemanager/adapters/nodeagent"
	"statemanager/engine/runner"
	"statemanager/evaluator"
)

// resignWithin bounds how long a daemon that stops tries to let another lead at once.
const resignWithin = 2 * time.Second

// daemon is one process of the State Manager. start, wait and stop are called in this order by one goroutine.
type daemon struct {
	cfg      *Config
	insecure bool
	log      hclog.Logger

	store    *etcd.Store
	term     *etcd.Term
	links    links
	policy   *policyKeeper
	runner   *runner.Runner
	served   chan error
	cleanups []cleanup // in the order of their making
	leading  time.Time
}

// cleanup ends what a step of start has made.
type cleanup struct {
	name string
	end  func() error
}

// links are the connections to the other parties.
type links struct {
	agents      map[string]runner.Agent
	controllers map[string]runner.Controller
	monitor     runner.Monitor
}

func (d *daemon) onStop(name string, end func() error) {
	d.cleanups = append(d.cleanups, cleanup{name, end})
}

// start does one step after the other; what was made is ended by stop, also after an error.
func (d *daemon) start(ctx context.Context) error {
	if !d.cfg.TLS.set() {
		if err := plainText("listen", d.cfg.Listen, d.insecure); err != nil {
			return err
		}
	}
	for _, step := range []func(context.Context) error{d.dial, d.checkListen, d.openStore, d.campaign, d.startRunner, d.serve} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	d.log.Info("daemon leads", "cell", d.cfg.Cell, "address", d.cfg.Listen, "nodes", len(d.cfg.Nodes))
	return nil
}

// wait returns when ctx ends, or the daemon cannot go on.
func (d *daemon) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-d.served:
		return fmt.Errorf("serve %s: %w", d.cfg.Listen, err)
	case <-d.runner.Ended():
	}
	return d.runner.Err()
}

// stop ends everything in the reverse order; each part takes a bounded time.
func (d *daemon) stop() (err error) {
	for i := len(d.cleanups) - 1; i >= 0; i-- {
		c := d.cleanups[i]
		if e := c.end(); e != nil {
			err = errors.Join(err, fmt.Errorf("stop %s: %w", c.name, e))
		}
	}
	d.cleanups = nil
	return err
}

// openStore opens etcd and waits until it answers.
func (d *daemon) openStore(ctx context.Context) (err error) {
	c := etcd.Config{Dir: d.cfg.DataDir, Cell: d.cfg.Cell, Name: d.cfg.Listen, Log: d.log.Named("store")}
	if len(d.cfg.Etcd.Endpoints) == 0 {
		c.Embedded = &etcd.Embedded{}
	} else if err := d.external(&c); err != nil {
		return err
	}
	if d.store, err = etcd.Open(ctx, c); err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	d.onStop("store", d.store.Close)
	return nil
}

// external fills in what is needed to reach an external etcd.
func (d *daemon) external(c *etcd.Config) (err error) {
	e, scheme := d.cfg.Etcd, "http://"
	if e.TLS.set() {
		scheme = "https://"
		if c.TLS, err = e.TLS.load("etcd.tls"); err != nil {
			return err
		}
	}
	for i, address := range e.Endpoints {
		if c.TLS == nil {
			if err := plainText(fmt.Sprintf("etcd.endpoints[%d]", i), address, d.insecure); err != nil {
				return err
			}
		}
		c.Endpoints = append(c.Endpoints, scheme+address)
	}
	c.Username = e.User
	if e.PasswordFile != "" {
		text, err := os.ReadFile(e.PasswordFile)
		if err != nil {
			return keyed("etcd.password_file", "%w", err)
		}
		c.Password = strings.TrimRight(string(text), "\r\n")
	}
	return nil
}

// campaign waits until this daemon leads the cell; until then it tells everybody who does.
func (d *daemon) campaign(ctx context.Context) (err error) {
	end, err := d.standBy(ctx)
	if err != nil {
		return err
	}
	defer end()
	if d.term, err = d.store.Campaign(ctx); err != nil {
		return fmt.Errorf("lead cell %s: %w", d.cfg.Cell, err)
	}
	d.leading = time.Now()
	d.onStop("term", func() error {
		ctx, cancel := context.WithTimeout(context.Background(), resignWithin)
		defer cancel()
		return d.term.Resign(ctx)
	})
	return nil
}

// dial makes the clients; they connect by themselves. Files of certificates are read also where nobody is to be dialled.
func (d *daemon) dial(context.Context) error {
	d.links = links{map[string]runner.Agent{}, map[string]runner.Controller{}, logMonitor{d.log.Named("monitoring")}}
	nodes, err := d.cfg.NodesTLS.client("nodes_tls")
	if err != nil {
		return err
	}
	byAddress := map[string]runner.Controller{}
	for i, n := range d.cfg.Nodes {
		key := fmt.Sprintf("nodes[%d]", i)
		agent, err := d.option(key+".agent", n.Agent, nodes)
		if err != nil {
			return err
		}
		d.links.agents[n.ID] = nodeagent.New(nodeagent.Config{Node: n.ID, Address: target(n.Agent), NodeTimeout: d.cfg.NodeTimeout,
			Dial: []grpc.DialOption{agent}, Log: d.log.Named("agent")})
		if byAddress[n.Controller] == nil {
			if byAddress[n.Controller], err = d.controller(key+".controller", n.Controller, nodes); err != nil {
				return err
			}
		}
		d.links.controllers[n.ID] = byAddress[n.Controller]
	}
	return d.dialMonitor()
}

func (d *daemon) dialMonitor() error {
	creds, err := d.cfg.Monitoring.TLS.client("monitoring.tls")
	if err != nil || d.cfg.Monitoring.Address == "" {
		return err
	}
	option, err := d.option("monitoring.address", d.cfg.Monitoring.Address, creds)
	if err != nil {
		return err
	}
	m, err := monitoring.New(monitoring.Config{Address: target(d.cfg.Monitoring.Address), Dial: []grpc.DialOption{option}, Log: d.log.Named("monitoring"),
		Cell: d.cfg.Cell, Leading: func() time.Time { return d.leading }})
	if err != nil {
		return err
	}
	d.onStop("monitoring", m.Close)
	d.links.monitor = m
	return nil
}

func (d *daemon) controller(key, address string, creds credentials.TransportCredentials) (runner.Controller, error) {
	option, err := d.option(key, address, creds)
	if err != nil {
		return nil, err
	}
	c, err := actioncontroller.New(actioncontroller.Config{Address: target(address), Dial: []grpc.DialOption{option}, Log: d.log.Named("controller")})
	if err != nil {
		return nil, err
	}
	d.onStop("controller "+address, c.Close)
	return c, nil
}

// option dials an address with the credentials of its files; nil means plain text.
func (d *daemon) option(key, address string, creds credentials.TransportCredentials) (grpc.DialOption, error) {
	if creds == nil {
		if err := plainText(key, address, d.insecure); err != nil {
			return nil, err
		}
		creds = insecure.NewCredentials()
	}
	return grpc.WithTransportCredentials(creds), nil
}

// target is an address in gRPC's form: it is resolved anew with each connection.
func target(address string) string { return "passthrough:///" + address }

// startRunner loads the store and begins; the policy directory is followed from then on.
func (d *daemon) startRunner(ctx context.Context) error {
	eval := evaluator.New()
	d.policy = newPolicyKeeper(d.cfg, eval, d.log)
	d.runner = runner.New(runner.Config{
		Store: d.term, Fence: d.term.Fence(), Deposed: d.term.Done(), Agents: d.links.agents, Controllers: d.links.controllers,
		Monitor: d.links.monitor, Decider: eval, Keeper: d.policy, NodeTimeout: d.cfg.NodeTimeout,
		Resend: d.cfg.CannotTell == "resend", Log: d.log,
	})
	d.policy.activate, d.policy.raise = d.runner.Activate, d.runner.Raise
	d.onStop("runner", func() error { return d.runner.Stop(context.Background()) })
	if err := d.runner.Start(ctx); err != nil {
		return err
	}
	following, cancel := context.WithCancel(context.Background())
	var work sync.WaitGroup
	work.Go(func() { d.policy.follow(following) })
	d.onStop("policy", func() error { cancel(); work.Wait(); return nil })
	return nil
}

package main

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"statemanager/adapters/api"
	"statemanager/engine"
	"statemanager/evaluator"
)

// graceful is how long calls under way have to end when the daemon stops.
const graceful = 3 * time.Second

// checkListen finds a busy port and certificates that are of no use before anything is opened. The API itself is served
// only while this daemon leads: until then standBy says who does.
func (d *daemon) checkListen(ctx context.Context) error {
	l, _, err := d.listen(ctx)
	if err != nil {
		return err
	}
	return l.Close()
}

// listen opens the API's address.
func (d *daemon) listen(ctx context.Context) (l net.Listener, opts []grpc.ServerOption, err error) {
	if d.cfg.TLS.set() {
		tls, err := d.cfg.TLS.server("tls")
		if err != nil {
			return nil, nil, err
		}
		opts = append(opts, grpc.Creds(credentials.NewTLS(tls)))
	}
	if l, err = new(net.ListenConfig).Listen(ctx, "tcp", d.cfg.Listen); err != nil {
		return nil, nil, fmt.Errorf("serve the API: %w", err)
	}
	return l, opts, nil
}

// serve begins to serve the API.
func (d *daemon) serve(ctx context.Context) error {
	l, opts, err := d.listen(ctx)
	if err != nil {
		return err
	}
	nodes := map[string]api.Addresses{}
	for _, n := range d.cfg.Nodes {
		nodes[n.ID] = api.Addresses{Agent: n.Agent, Controller: n.Controller}
	}
	stopping, stop := context.WithCancelCause(context.Background())
	s := api.New(api.Config{
		Manager: d.runner, Policy: d.policy.status, Version: buildVersion(), Cell: d.cfg.Cell, LeadingSince: d.leading,
		Nodes: nodes, Stopping: stopping, Log: d.log.Named("api"),
	}, opts...)
	d.served = make(chan error, 1)
	go func() { d.served <- s.Serve(l) }()
	d.onStop("api", func() error {
		stop(&engine.Error{Kind: engine.Unavailable, Text: "the daemon stops"})
		late := time.AfterFunc(graceful, s.Stop)
		defer late.Stop()
		s.GracefulStop()
		return nil
	})
	return nil
}

// status is how policy stands, as the API shows it.
func (k *policyKeeper) status() api.PolicyStatus {
	now := k.standing()
	st := api.PolicyStatus{Active: now.active.Revision, Since: now.since, Tests: now.active.Passed, Directory: k.cfg.watched()}
	list := now.active.Problems
	if now.refused != nil {
		st.Refused, st.RefusedAt = now.refused.Revision, now.refusedAt
		list = append(list[:len(list):len(list)], now.refused.Problems...)
	}
	for _, p := range list {
		if p.Severity == evaluator.SeverityError || now.refused == nil {
			st.Problems = append(st.Problems, api.PolicyProblem{Severity: p.Severity, Gate: p.Gate, File: p.File, Line: p.Line, Text: p.Text})
		}
	}
	return st
}

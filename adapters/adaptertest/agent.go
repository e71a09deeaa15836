package adaptertest

import (
	"context"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// AgentBackend is a node at which nothing runs, as the suite handles it.
type AgentBackend struct {
	Node  string
	Agent runner.Agent
	// Set says which instances of a service run there from now on, with the configuration of any spec.
	Set func(id engine.ResourceID, instances ...engine.Instance)
	// Hide makes the agent unable to see a service, or able again.
	Hide func(id engine.ResourceID, hidden bool)
	// HideAll makes the agent unable to see its node, or able again.
	HideAll func(hidden bool)
}

// Agent is the contract of runner.Agent (section 2). Each test has a node of its own.
func Agent(t *testing.T, newAgent func(t *testing.T) AgentBackend) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, AgentBackend)
	}{
		{"rule 2.1 whole set, full set, synced", wholeSet},
		{"rule 2.1 an empty whole set", emptySet},
		{"rule 2.1 another stream", anotherStream},
		{"rule 2.2 later specs come singly", singleSpecs},
		{"rule 2.2 changes are told in order", changes},
		{"rule 2.3 an agent that cannot see", blind},
		{"rule 2.3 an agent that cannot see its node", blindNode},
		{"rule 2.7 observe", observe},
		{"no link", noLink},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, newAgent(t)) })
	}
}

// Posts are the events that a link posts, for a test to take one by one.
type Posts struct {
	t      *testing.T
	events chan engine.Event
	end    context.CancelFunc
	ended  chan struct{}
}

// Run runs a link until the test ends, or Stop.
func Run(t *testing.T, a runner.Agent) *Posts {
	ctx, end := context.WithCancel(context.Background())
	p := &Posts{t: t, events: make(chan engine.Event), end: end, ended: make(chan struct{})}
	go func() {
		defer close(p.ended)
		a.Run(ctx, func(ev engine.Event) {
			select {
			case p.events <- ev:
			case <-ctx.Done():
			}
		})
	}()
	t.Cleanup(p.Stop)
	return p
}

// Stop ends the link and waits for it.
func (p *Posts) Stop() {
	p.end()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Error("Run has not ended with its ctx")
	}
}

// Next is the next event.
func (p *Posts) Next() engine.Event {
	p.t.Helper()
	select {
	case ev := <-p.events:
		return ev
	case <-time.After(patience):
		p.t.Fatal("nothing was posted")
		return nil
	}
}

// Diff is the next event, which must be an observation.
func (p *Posts) Diff() engine.StateDiff {
	p.t.Helper()
	ev := p.Next()
	d, ok := ev.(engine.DiffSeen)
	if !ok {
		p.t.Fatalf("posted %+v, want an observation", ev)
	}
	return d.Diff
}

// Changed is the next event, which must be a change of the link to that state.
func (p *Posts) Changed(to engine.AgentState) engine.AgentChanged {
	p.t.Helper()
	ev := p.Next()
	c, ok := ev.(engine.AgentChanged)
	if !ok || c.State != to {
		p.t.Fatalf("posted %+v, want that the link is %s", ev, to)
	}
	return c
}

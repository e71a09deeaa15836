package down

import (
	"context"

	"statemanager/engine"
)

// Agent is a NodeAgent that cannot be reached. It implements runner.Agent.
type Agent struct{}

var errAgent = &engine.Error{Kind: engine.Unavailable, Text: "reach agent: it is down"}

// Run posts nothing until ctx ends: no stream ever opens.
func (Agent) Run(ctx context.Context, _ func(engine.Event)) { <-ctx.Done() }

// Report fails.
func (Agent) Report(context.Context, engine.SpecSet) error { return errAgent }

// Observe fails.
func (Agent) Observe(context.Context, engine.ServiceRef) (engine.StateDiff, error) {
	return engine.StateDiff{}, errAgent
}

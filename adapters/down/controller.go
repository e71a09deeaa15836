package down

import (
	"context"

	"statemanager/engine"
)

// Controller is an ActionController that cannot be reached. It implements runner.Controller.
type Controller struct{}

var errController = &engine.Error{Kind: engine.Unavailable, Text: "reach controller: it is down"}

// Execute fails.
func (Controller) Execute(context.Context, *engine.Action, int64) (engine.ActionStatus, error) {
	return engine.ActionStatus{}, errController
}

// Get fails.
func (Controller) Get(context.Context, engine.ActionRef, int64) (engine.ActionStatus, error) {
	return engine.ActionStatus{}, errController
}

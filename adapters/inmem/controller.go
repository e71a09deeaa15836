package inmem

import (
	"context"
	"sync"

	"statemanager/engine"
)

// Effect carries out an action, and says how it ended and why. Its ctx ends when the action's timeout has passed, or
// the controller is closed.
type Effect func(ctx context.Context, a *engine.Action) (engine.Result, string)

// Controller is an ActionController in memory: it keeps its side of the contract in a Ledger, and what an action does
// is an Effect. It implements runner.Controller, and is safe for concurrent use. It has a goroutine for each action
// under way; Close ends them.
type Controller struct {
	ledger *Ledger
	do     Effect
	ctx    context.Context
	cancel context.CancelFunc
	mu     sync.Mutex // so that none starts once it is closed
	under  sync.WaitGroup
}

// NewController makes a controller on a ledger that no other one uses now. What its predecessor left under way is
// something that it cannot tell (rule 3.5).
func NewController(l *Ledger, do Effect) *Controller {
	l.reopen()
	ctx, cancel := context.WithCancel(context.Background())
	return &Controller{ledger: l, do: do, ctx: ctx, cancel: cancel}
}

// Close ends the controller as a crash would: what is under way gets no outcome.
func (c *Controller) Close() {
	c.mu.Lock()
	c.cancel()
	c.mu.Unlock()
	c.under.Wait()
}

// Execute carries out an action, unless it was seen before or is refused, and waits for its outcome until ctx ends
// (rule 3.2). The end of ctx ends the waiting, not the action.
func (c *Controller) Execute(ctx context.Context, a *engine.Action, fence int64) (engine.ActionStatus, error) {
	row, refusal, err := c.begin(a, fence)
	switch {
	case err != nil:
		return engine.ActionStatus{}, err
	case row == nil:
		return engine.ActionStatus{Ref: a.ActionRef, State: engine.ActionDone, Result: engine.Refused, Message: refusal, Highest: c.ledger.newest(a.ActionRef)}, nil
	}
	select {
	case <-row.ended:
	case <-c.ctx.Done():
		return engine.ActionStatus{}, errClosed
	case <-ctx.Done():
		return engine.ActionStatus{}, &engine.Error{Kind: engine.Unavailable, Text: "execute action: its outcome was not waited for"}
	}
	st := c.ledger.status(a.ActionRef, row)
	if st.State != engine.ActionDone {
		return engine.ActionStatus{}, &engine.Error{Kind: engine.Unavailable, Text: "execute action: the controller cannot tell what became of it"}
	}
	return st, nil
}

var errClosed = &engine.Error{Kind: engine.Unavailable, Text: "reach controller: it is closed"}

// begin writes the action down and starts it, if it is new.
func (c *Controller) begin(a *engine.Action, fence int64) (row *ledgerRow, refusal string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx.Err() != nil {
		return nil, "", errClosed
	}
	row, fresh, refusal := c.ledger.accept(a.ActionRef, fence)
	if fresh {
		c.under.Go(func() { c.carryOut(a, row) })
	}
	return row, refusal, nil
}

// carryOut does what an action does and writes its outcome, unless the controller was closed meanwhile.
func (c *Controller) carryOut(a *engine.Action, row *ledgerRow) {
	ctx, cancel := context.WithTimeout(c.ctx, a.Row.Timeout)
	defer cancel()
	result, message := c.do(ctx, a)
	switch {
	case c.ctx.Err() != nil:
		return
	case ctx.Err() != nil && result != engine.Succeeded:
		result = engine.TimedOut
	}
	c.ledger.end(row, result, message)
}

// Get says what became of an action, and burns one that was never heard of (rule 3.5).
func (c *Controller) Get(_ context.Context, ref engine.ActionRef, fence int64) (engine.ActionStatus, error) {
	if c.ctx.Err() != nil {
		return engine.ActionStatus{}, errClosed
	}
	return c.ledger.ask(ref, fence)
}

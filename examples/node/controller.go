package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	apiv1 "statemanager/proto/statemanager/v1"
)

var (
	errOldFence = status.Error(codes.FailedPrecondition, "the fence is below the highest seen: another daemon leads")
	errStopped  = errors.New("the node was stopped")
)

// results are the words of a ledger for how an action ended.
var results = map[string]apiv1.Outcome_Result{
	"succeeded": apiv1.Outcome_RESULT_SUCCEEDED,
	"failed":    apiv1.Outcome_RESULT_FAILED,
	"timed_out": apiv1.Outcome_RESULT_TIMED_OUT,
	"refused":   apiv1.Outcome_RESULT_REFUSED,
}

var resultNames = map[apiv1.Outcome_Result]string{}

func init() {
	for name, r := range results {
		resultNames[r] = name
	}
}

// controller is the ActionController of a node. An action goes on when the call that asked for it breaks.
type controller struct {
	apiv1.UnimplementedActionControllerServer
	node   string
	super  *supervisor
	ledger *ledger
	held   func(serviceID) *apiv1.ServiceSpec // the spec that the agent holds
	custom map[string][]string                // the node's own actions, by name
	log    hclog.Logger

	life  context.Context // ends when the node stops
	work  sync.WaitGroup  // one an action
	turns turns
}

// ExecuteAction implements the service.
func (c *controller) ExecuteAction(ctx context.Context, req *apiv1.ActionExecutionRequest) (*apiv1.ActionExecutionResponse, error) {
	received := time.Now()
	key, err := c.keyOf(req.GetKey())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	e := entryOf(c.node, key, req.GetFence())
	e.Kind, e.Instances = kindOf(req.GetAction()), req.GetInstanceIds()
	r, fresh, refusal, err := c.ledger.accept(key, e)
	switch {
	case err != nil:
		return nil, status.Error(codes.Unavailable, err.Error())
	case refusal != nil:
		c.log.Warn("action refused", "service", key.service.String(), "kind", e.Kind, "seq", key.n, "why", refusal.GetMessage())
		return &apiv1.ActionExecutionResponse{Outcome: refusal}, nil
	case fresh:
		c.work.Go(func() { c.carryOut(r, e, req, received) })
	}
	return c.await(ctx, r)
}

// await is the outcome of an action, once there is one.
func (c *controller) await(ctx context.Context, r *row) (*apiv1.ActionExecutionResponse, error) {
	select {
	case <-r.ended:
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	if _, o := c.ledger.status(r); o != nil {
		return &apiv1.ActionExecutionResponse{Outcome: o}, nil
	}
	return nil, status.Error(codes.Aborted, "what became of the action cannot be told")
}

// GetAction implements the service.
func (c *controller) GetAction(_ context.Context, req *apiv1.GetActionRequest) (*apiv1.GetActionResponse, error) {
	key, err := c.keyOf(req.GetKey())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	resp, err := c.ledger.inquire(key, entryOf(c.node, key, req.GetFence()))
	if err != nil && err != errOldFence {
		err = status.Error(codes.Unavailable, err.Error())
	}
	return resp, err
}

// keyOf reads a key; the error names what is wrong.
func (c *controller) keyOf(m *apiv1.ActionKey) (actionKey, error) {
	id, err := idOf(m.GetResourceId())
	if err != nil {
		return actionKey{}, err
	}
	if m.GetNode() != c.node {
		return actionKey{}, fmt.Errorf("node: this is %q, not %q", c.node, m.GetNode())
	}
	return actionKey{id, order{m.GetEpoch(), m.GetSeq()}}, nil
}

func entryOf(node string, key actionKey, fence int64) entry {
	return entry{Resource: key.service.String(), Node: node, Epoch: key.epoch, Seq: key.n, Fence: fence}
}

// carryOut does an accepted action within its time and makes the outcome durable.
func (c *controller) carryOut(r *row, e entry, req *apiv1.ActionExecutionRequest, received time.Time) {
	ctx, cancel := context.WithDeadline(c.life, received.Add(req.GetTimeout().AsDuration()))
	defer cancel()
	c.log.Info("action accepted", "service", e.Resource, "kind", e.Kind, "epoch", e.Epoch, "seq", e.Seq)
	o := outcomeOf(c.act(ctx, r.key.service, e.Kind, req))
	if err := c.ledger.conclude(r, e, o); err != nil {
		c.log.Error("outcome is lost", "service", e.Resource, "kind", e.Kind, "seq", e.Seq, "error", err)
		return
	}
	c.log.Info("action ended", "service", e.Resource, "kind", e.Kind, "seq", e.Seq, "result", resultNames[o.GetResult()], "message", o.GetMessage())
}

func outcomeOf(err error) *apiv1.Outcome {
	var unknown unknownKind
	switch {
	case err == nil:
		return &apiv1.Outcome{Result: apiv1.Outcome_RESULT_SUCCEEDED}
	case errors.As(err, &unknown):
		return &apiv1.Outcome{Result: apiv1.Outcome_RESULT_REFUSED, Message: err.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return &apiv1.Outcome{Result: apiv1.Outcome_RESULT_TIMED_OUT, Message: "its timeout has passed"}
	case errors.Is(err, context.Canceled):
		err = errStopped
	}
	return &apiv1.Outcome{Result: apiv1.Outcome_RESULT_FAILED, Message: err.Error()}
}

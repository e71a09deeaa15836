package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// changeWithin bounds a call that changes something, whatever its client says. What was asked may still be done.
const changeWithin = time.Minute

// guard makes statuses of errors, logs what changes something, and ends the streams when the daemon stops.
type guard struct {
	log      hclog.Logger
	stopping context.Context
}

// ending is a stream with a context of its own.
type ending struct {
	grpc.ServerStream
	ctx context.Context
}

func (s ending) Context() context.Context { return s.ctx }

var changes = map[string]bool{
	apiv1.StateManager_UpdateState_FullMethodName: true, apiv1.Operator_Retry_FullMethodName: true, apiv1.Operator_Resolve_FullMethodName: true,
	apiv1.Operator_Pause_FullMethodName: true, apiv1.Operator_Resume_FullMethodName: true, apiv1.Operator_SetFacts_FullMethodName: true,
}

func (g guard) call(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if changes[info.FullMethod] { // a client that waits for ever must not keep the others from changing anything
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, changeWithin)
		defer cancel()
	}
	resp, err := handle(ctx, req)
	if _, ok := status.FromError(err); err != nil && !ok {
		err = answered(err)
	}
	code := status.Code(err)
	try, _ := req.(interface{ GetDryRun() bool })
	if changes[info.FullMethod] && (try == nil || !try.GetDryRun()) {
		who := "cell"
		if r, ok := req.(interface{ GetResourceId() *apiv1.ResourceId }); ok {
			who = wire.ResourceFromProto(r.GetResourceId()).String()
		}
		g.log.Info("change asked", "method", info.FullMethod, "service", who, "code", code)
	}
	if code == codes.Internal {
		g.log.Error("call failed", "method", info.FullMethod, "error", err)
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// stream makes a status of the error that ends a stream: what the client did itself, or why the daemon stops.
func (g guard) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, cancel := context.WithCancelCause(s.Context())
	defer cancel(nil)
	defer context.AfterFunc(g.stopping, func() { cancel(context.Cause(g.stopping)) })()
	err := handle(srv, ending{s, ctx})
	if _, ok := status.FromError(err); err != nil && !ok {
		err = answered(err)
	}
	return err
}

// answered is an error as a call answers it.
func answered(err error) error {
	code := codes.OK
	switch {
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	case errors.Is(err, runner.ErrForgotten):
		code = codes.OutOfRange
	case errors.Is(err, runner.ErrBehind):
		code = codes.ResourceExhausted
	default:
		return wire.ErrorToStatus(err)
	}
	return status.Error(code, err.Error())
}

func invalid(format string, args ...any) error {
	return &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf(format, args...)}
}

// service reads the id of a service.
func service(m *apiv1.ResourceId) (engine.ResourceID, error) {
	id := wire.ResourceFromProto(m)
	if err := wire.CheckResource(id); err != nil {
		return id, invalid("resource_id: %v", err)
	}
	return id, nil
}

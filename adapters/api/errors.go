package api

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// guard makes statuses of errors, and logs what changes something.
type guard struct{ log hclog.Logger }

var changes = map[string]bool{
	apiv1.StateManager_UpdateState_FullMethodName: true, apiv1.Operator_Retry_FullMethodName: true, apiv1.Operator_Resolve_FullMethodName: true,
	apiv1.Operator_Pause_FullMethodName: true, apiv1.Operator_Resume_FullMethodName: true, apiv1.Operator_SetFacts_FullMethodName: true,
}

func (g guard) call(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	resp, err := handle(ctx, req)
	if _, ok := status.FromError(err); err != nil && !ok {
		err = status.Error(codeOf(info.FullMethod, err), err.Error())
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

// stream makes a status of the error that ends a stream.
func (g guard) stream(srv any, s grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	err := handle(srv, s)
	if _, ok := status.FromError(err); err != nil && !ok {
		err = status.Error(codeOf(info.FullMethod, err), err.Error())
	}
	return err
}

var codesOf = map[engine.ErrorKind]codes.Code{
	engine.Invalid: codes.InvalidArgument, engine.NotFound: codes.NotFound, engine.Conflict: codes.Aborted,
	engine.Unavailable: codes.Unavailable, engine.Denied: codes.FailedPrecondition,
}

// codeOf is the code of an error by its kind. What UpdateState denies is what this version cannot carry out.
func codeOf(method string, err error) codes.Code {
	switch k := kind(err); {
	case errors.Is(err, context.Canceled):
		return codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return codes.DeadlineExceeded
	case errors.Is(err, runner.ErrForgotten):
		return codes.OutOfRange
	case errors.Is(err, runner.ErrBehind):
		return codes.ResourceExhausted
	case k == engine.Denied && method == apiv1.StateManager_UpdateState_FullMethodName:
		return codes.Unimplemented
	case codesOf[k] != codes.OK:
		return codesOf[k]
	}
	return codes.Internal
}

// kind is the kind of an error; "" if it has none.
func kind(err error) engine.ErrorKind {
	var e *engine.Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
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

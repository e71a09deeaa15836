package wire

import (
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"statemanager/engine"
)

var errorCodes = map[engine.ErrorKind]codes.Code{
	engine.Invalid:     codes.InvalidArgument,
	engine.NotFound:    codes.NotFound,
	engine.Conflict:    codes.FailedPrecondition,
	engine.Unavailable: codes.Unavailable,
	engine.Denied:      codes.PermissionDenied,
}

// ErrorFromStatus is the error of a call as an *engine.Error: doing says what was done, such as "push specs to node a".
// Whatever has no kind of its own is Unavailable: nothing is known of what the call did. It returns nil for nil.
func ErrorFromStatus(doing string, err error) error {
	if err == nil {
		return nil
	}
	kind := engine.Unavailable
	for k, c := range errorCodes {
		if c == status.Code(err) {
			kind = k
		}
	}
	return &engine.Error{Kind: kind, Text: fmt.Sprintf("%s: %s", doing, clipped(status.Convert(err).Message()))}
}

// ErrorToStatus is an error as a call answers it; one without a kind is INTERNAL. It returns nil for nil.
func ErrorToStatus(err error) error {
	if err == nil {
		return nil
	}
	var e *engine.Error
	if !errors.As(err, &e) {
		return status.Error(codes.Internal, err.Error())
	}
	code, ok := errorCodes[e.Kind]
	if !ok {
		code = codes.Internal
	}
	return status.Error(code, err.Error())
}

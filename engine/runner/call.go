package runner

import (
	"context"
	"fmt"

	"statemanager/engine"
)

// call has f done by the loop's goroutine, between two steps. Unavailable: the engine is not there, or ctx has ended.
func (r *Runner) call(ctx context.Context, f func(*loop)) error {
	select {
	case <-r.loaded:
	default:
		return unavailable("the daemon is loading")
	}
	done := make(chan struct{})
	select {
	case r.calls <- func(l *loop) { defer close(done); f(l) }:
		<-done
		return nil
	case <-ctx.Done():
		return unavailable("wait for the engine: %v", context.Cause(ctx))
	case <-r.ended:
		return r.gone()
	}
}

// await waits for what the loop will say.
func await[T any](ctx context.Context, r *Runner, from <-chan T, what string) (x T, err error) {
	select {
	case x = <-from:
		return x, nil
	case <-ctx.Done():
		return x, unavailable("wait %s: %v", what, context.Cause(ctx))
	case <-r.ended:
		return x, r.gone()
	}
}

// gone says why there is no loop.
func (r *Runner) gone() error {
	if err := r.Err(); err != nil {
		return err
	}
	return unavailable("the daemon stops")
}

func unavailable(format string, args ...any) error {
	return &engine.Error{Kind: engine.Unavailable, Text: fmt.Sprintf(format, args...)}
}

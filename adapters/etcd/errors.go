package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// fail gives an error of etcd its kind: Denied if it does not let us, Invalid if what we write is too large for it, else
// Unavailable. It names the addresses.
func (s *Store) fail(doing string, err error) error {
	var known *engine.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, rpctypes.ErrNoSpace):
		if s.keeper != nil {
			s.keeper.reclaimSoon()
		}
		return fmt.Errorf("%s: etcd at %s: %w: %v", doing, s.cfg.where(), runner.ErrFull, err)
	}
	kind := engine.Unavailable
	if errors.Is(err, rpctypes.ErrRequestTooLarge) {
		kind = engine.Invalid
	}
	for _, denied := range []error{rpctypes.ErrAuthFailed, rpctypes.ErrPermissionDenied, rpctypes.ErrUserEmpty, rpctypes.ErrAuthNotEnabled} {
		if errors.Is(err, denied) {
			kind = engine.Denied
		}
	}
	return &engine.Error{Kind: kind, Text: fmt.Sprintf("%s: etcd at %s: %v", doing, s.cfg.where(), err)}
}

// The waits between two tries to reach etcd.
const (
	firstWait = 250 * time.Millisecond
	lastWait  = 5 * time.Second
)

// retry does something until it succeeds, is refused, or ctx ends.
func (s *Store) retry(ctx context.Context, doing string, f func(context.Context) error) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		once, cancel := context.WithTimeout(ctx, call)
		err := s.fail(doing, f(once))
		cancel()
		var e *engine.Error
		if err == nil || errors.As(err, &e) && e.Kind != engine.Unavailable {
			return err
		}
		s.cfg.Log.Warn("cannot reach etcd", "error", err, "retry_in", wait) // which names the addresses
		if pause(ctx, wait) != nil {
			return err
		}
	}
}

// pause waits, or says why ctx has ended.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shared is a value behind a lock.
type shared[T any] struct {
	mu sync.Mutex
	x  T
}

func (s *shared[T]) set(x T) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.x = x
}

func (s *shared[T]) get() T {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.x
}

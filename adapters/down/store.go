package down

import (
	"context"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// Store is a store that cannot be reached: every call of runner.Recorder, runner.Desires and runner.Packs fails with
// Unavailable.
type Store struct{}

var errStore = &engine.Error{Kind: engine.Unavailable, Text: "reach store: it is down"}

// Load fails.
func (Store) Load(context.Context) (*runner.Loaded, error) { return nil, errStore }

// Commit fails.
func (Store) Commit(context.Context, runner.Batch) (int64, error) { return 0, errStore }

// PutDesired fails.
func (Store) PutDesired(context.Context, engine.ResourceID, *engine.Spec) (int64, error) {
	return 0, errStore
}

// DeleteDesired fails.
func (Store) DeleteDesired(context.Context, engine.ResourceID) (int64, error) { return 0, errStore }

// WatchDesired sends nothing until ctx ends.
func (Store) WatchDesired(ctx context.Context, _ int64) <-chan runner.Change {
	out := make(chan runner.Change)
	context.AfterFunc(ctx, func() { close(out) })
	return out
}

// PutSite fails.
func (Store) PutSite(context.Context, map[string]string) error { return errStore }

// PutPack fails.
func (Store) PutPack(context.Context, string, map[string][]byte) error { return errStore }

// Pack fails.
func (Store) Pack(context.Context, string) (map[string][]byte, error) { return nil, errStore }

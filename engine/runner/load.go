package runner

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"statemanager/engine"
)

// load reads the store and makes the engine.
func (r *Runner) load(ctx context.Context) (*loop, error) {
	stored, err := retry(ctx, r, func() (*Loaded, error) { return r.cfg.Store.Load(ctx) })
	if err != nil {
		return nil, fmt.Errorf("load store: %w", err)
	}
	cell, err := cellOf(stored)
	if err != nil {
		return nil, err
	}
	pack, err := r.pack(ctx, cell.Revision)
	if err != nil {
		return nil, err
	}
	l := newLoop(r, stored)
	l.pack, l.cell = pack, cell
	l.engine = engine.New(engine.State{
		Now: r.cfg.Clock(), NodeTimeout: r.cfg.NodeTimeout, Resend: r.cfg.Resend,
		Nodes: slices.Sorted(maps.Keys(r.cfg.Agents)), Pack: pack, Site: stored.Site, Cell: cell,
		Records: stored.Records, Desired: stored.Desired, Held: slices.SortedFunc(maps.Keys(l.unread), engine.ResourceID.Compare),
	})
	return l, nil
}

// retry calls again while the store is away.
func retry[T any](ctx context.Context, r *Runner, call func() (T, error)) (T, error) {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		x, err := call()
		if engine.KindOf(err) != engine.Unavailable {
			return x, err
		}
		if wait == retryFirst {
			r.log.Warn("store away", "error", err)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return x, err
		}
	}
}

// cellOf is the stored record of the cell, or the first one of a new store. One that cannot be read is no new one: its
// numbers would be given again.
func cellOf(l *Loaded) (*engine.Cell, error) {
	if l.Cell != nil {
		return l.Cell, nil
	}
	for _, b := range l.Broken {
		if b.Cell {
			return nil, fmt.Errorf("load store: the cell has no record that can be read: restore key %s from a backup, or delete it: %w", b.Key, b.Err)
		}
	}
	return &engine.Cell{Epoch: max(l.Created, 1)}, nil
}

// pack is the pack to begin with, and is in the store.
func (r *Runner) pack(ctx context.Context, digest string) (*engine.Pack, error) {
	var files map[string][]byte
	if digest != "" {
		var err error
		files, err = retry(ctx, r, func() (map[string][]byte, error) { return r.cfg.Store.Pack(ctx, digest) })
		if engine.KindOf(err) == engine.NotFound {
			r.log.Error("active pack is not in the store", "revision", digest)
			digest, files, err = "", nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("load pack %s: %w", digest, err)
		}
	}
	pack, files, err := r.cfg.Keeper.Begin(ctx, digest, files)
	if err != nil {
		return nil, fmt.Errorf("begin with a pack: %w", err)
	}
	if pack.Revision != digest {
		_, err = retry(ctx, r, func() (any, error) { return nil, r.cfg.Store.PutPack(ctx, pack.Revision, files) })
	}
	if err != nil {
		return nil, fmt.Errorf("store pack %s: %w", pack.Revision, err)
	}
	return pack, nil
}

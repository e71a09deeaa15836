package etcd

import (
	"context"
	"errors"
	"maps"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/wire"
	"statemanager/engine/runner"
)

// WatchDesired sends every change after a revision, in order, and closes the channel when ctx ends; its goroutine ends
// with ctx. It goes on by itself when etcd was away. A watch that is behind the compacted past lists anew; what it then
// takes for deleted is what the last Load of this Store had, and what it has sent since.
func (s *Store) WatchDesired(ctx context.Context, after int64) <-chan runner.Change {
	w := &watcher{Store: s, after: after, known: maps.Clone(s.watched.get()), out: make(chan runner.Change)}
	if w.known == nil {
		w.known = wire.Known{}
	}
	go w.run(ctx)
	return w.out
}

// watcher belongs to the goroutine that runs it.
type watcher struct {
	*Store
	after int64 // all up to here has been sent
	known wire.Known
	out   chan runner.Change
}

func (w *watcher) run(ctx context.Context) {
	defer close(w.out)
	for ctx.Err() == nil {
		err := w.follow(ctx)
		if errors.Is(err, rpctypes.ErrCompacted) {
			err = w.relist(ctx)
		}
		if err != nil && ctx.Err() == nil {
			w.cfg.Log.Warn("cannot watch desired specs", "endpoints", w.cfg.where(), "error", err, "retry_in", firstWait)
		}
		if err != nil && pause(ctx, firstWait) != nil {
			return
		}
	}
}

// follow sends what the store tells, until it says why it cannot. A server that has lost its cluster says so.
func (w *watcher) follow(ctx context.Context) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(ctx))
	defer cancel()
	watch := w.client.Watch(ctx, w.key(wire.DesiredKeys), clientv3.WithPrefix(), clientv3.WithRev(w.after+1), clientv3.WithProgressNotify())
	for r := range watch {
		if err := r.Err(); err != nil {
			return err
		}
		for _, ev := range r.Events {
			if err := w.send(ctx, w.change(ev)); err != nil {
				return err
			}
		}
		if r.IsProgressNotify() {
			if err := w.send(ctx, runner.Change{Revision: r.Header.Revision}); err != nil {
				return err
			}
		}
	}
	return errors.New("the watch has ended")
}

func (w *watcher) change(ev *clientv3.Event) runner.Change {
	key := strings.TrimPrefix(string(ev.Kv.Key), w.cfg.root())
	w.known.Note(key, ev.Type == clientv3.EventTypeDelete)
	if ev.Type == clientv3.EventTypeDelete {
		return wire.DeletionOf(key, ev.Kv.ModRevision)
	}
	return wire.ChangeOf(wire.Value{Key: key, Bytes: ev.Kv.Value, Created: ev.Kv.CreateRevision, Modified: ev.Kv.ModRevision})
}

// relist sends what has changed since w.after as the present shows it.
func (w *watcher) relist(ctx context.Context) error {
	now, err := w.client.Get(ctx, w.key(wire.DesiredKeys), clientv3.WithPrefix(), clientv3.WithCountOnly())
	if err != nil {
		return err
	}
	list, err := w.list(ctx, wire.DesiredKeys, now.Header.Revision)
	if err != nil {
		return err
	}
	for _, c := range w.known.Relist(list, w.after, now.Header.Revision) {
		if err := w.send(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

func (w *watcher) send(ctx context.Context, c runner.Change) error {
	select {
	case w.out <- c:
		w.after = c.Revision
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// Term is the time that a Store leads the cell. It implements runner.Recorder, runner.Desires and runner.Packs; once
// another leads, its writes fail with ErrDeposed and change nothing. While etcd is away the term goes on: only etcd can
// say that it is over. It is safe for concurrent use. One goroutine renews its lease until it is over.
type Term struct {
	store   *Store
	fence   int64 // create revision of the leader key
	lease   clientv3.LeaseID
	newest  atomic.Int64 // revision of the store that has been seen
	cancel  context.CancelFunc
	ended   sync.Once
	done    chan struct{}
	stopped chan struct{} // the goroutine has ended

	mu       sync.Mutex // of what follows
	barrier  int64      // mod revision of the leader key: an older write cannot arrive any more
	doubt    bool       // it is not known what became of a write
	doubtful []string   // segments of the history that such writes would have put
	trail    wire.Trail
}

func newTerm(s *Store, fence int64, lease clientv3.LeaseID) *Term {
	ctx, cancel := context.WithCancel(context.Background())
	t := &Term{
		store: s, fence: fence, lease: lease, cancel: cancel, done: make(chan struct{}), stopped: make(chan struct{}),
		barrier: fence, trail: wire.Trail{Fence: fence},
	}
	t.newest.Store(fence)
	go t.keep(ctx)
	return t
}

// Fence is the leader's revision (rule 3.1): a later leader has a higher one.
func (t *Term) Fence() int64 { return t.fence }

// Done is closed when the term is over.
func (t *Term) Done() <-chan struct{} { return t.done }

// Resign ends the term, so that another may lead at once.
func (t *Term) Resign(ctx context.Context) error {
	t.lose()
	<-t.stopped
	_, err := t.store.client.Revoke(ctx, t.lease)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return nil
	}
	return t.store.fail("give up cell "+t.store.cfg.Cell, err)
}

func (t *Term) lose() {
	t.ended.Do(func() {
		t.cancel()
		close(t.done)
	})
}

// keep renews the lease until the term is over.
func (t *Term) keep(ctx context.Context) {
	defer close(t.stopped)
	log, away := t.store.cfg.Log, false
	for pause(ctx, t.store.cfg.TTL/3) == nil {
		once, cancel := context.WithTimeout(ctx, t.store.cfg.TTL/2)
		err := t.renew(once)
		cancel()
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, runner.ErrDeposed):
			log.Warn("this daemon does not lead the cell any more", "cell", t.store.cfg.Cell, "fence", t.fence)
			t.lose()
			return
		case err != nil && !away:
			log.Warn("cannot reach etcd", "endpoints", t.store.cfg.where(), "error", err, "retry_in", t.store.cfg.TTL/3)
		case err == nil && away:
			log.Info("etcd answers again", "endpoints", t.store.cfg.where())
		}
		away = err != nil
	}
}

// renew renews the lease once; ErrDeposed says that the term is over.
func (t *Term) renew(ctx context.Context) error {
	newest := t.newest.Load()
	r, err := t.store.client.Get(ctx, t.store.key(wire.LeaderKey), clientv3.WithKeysOnly())
	if err != nil {
		return err
	}
	if len(r.Kvs) == 0 || r.Kvs[0].CreateRevision != t.fence || !t.saw(newest, r.Header.Revision) {
		return runner.ErrDeposed
	}
	_, err = t.store.client.KeepAliveOnce(ctx, t.lease)
	if errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return runner.ErrDeposed
	}
	return err
}

// saw takes the revision of an answer to a question that was asked when newest was the newest one. It is false if the
// store went backwards: it was restored from a backup, and what this term knows is not what is stored (rule 3.3).
func (t *Term) saw(newest, revision int64) bool {
	for old := t.newest.Load(); revision > old && !t.newest.CompareAndSwap(old, revision); old = t.newest.Load() {
	}
	return revision >= newest
}

// write makes one transaction if this daemon still leads, and more holds.
func (t *Term) write(ctx context.Context, doing string, ops []clientv3.Op, more ...clientv3.Cmp) (*clientv3.TxnResponse, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	leader := t.store.key(wire.LeaderKey)
	guard := append(more, clientv3.Compare(clientv3.CreateRevision(leader), "=", t.fence))
	newest := t.newest.Load()
	r, err := t.store.client.Txn(ctx).If(guard...).Then(ops...).Else(clientv3.OpGet(leader, clientv3.WithKeysOnly())).Commit()
	if err != nil {
		return nil, t.store.fail(doing, err)
	}
	if !t.saw(newest, r.Header.Revision) {
		t.store.cfg.Log.Error("etcd went back in time: it was restored", "from", newest, "to", r.Header.Revision)
		t.lose()
		return nil, runner.ErrDeposed
	}
	if r.Succeeded {
		return r, nil
	}
	if kvs := r.Responses[0].GetResponseRange().Kvs; len(kvs) == 1 && kvs[0].CreateRevision == t.fence {
		return nil, &engine.Error{Kind: engine.Unavailable, Text: fmt.Sprintf("%s: it was overtaken by a write after one whose fate was unknown", doing)}
	}
	t.lose()
	return nil, runner.ErrDeposed
}

// bounded is ctx with a deadline, if it has none.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, call)
}

var _ interface {
	runner.Recorder
	runner.Desires
	runner.Site
	runner.Packs
} = (*Term)(nil)

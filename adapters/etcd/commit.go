package etcd

import (
	"context"

	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/wire"
	"statemanager/engine/runner"
)

// The bounds of a transaction: etcd takes 128 operations and 1.5 MiB by default.
const (
	maxOps   = 120
	maxBytes = 1 << 20
)

// Load reads all of the cell; see Store.Load. A Term loads once, before it commits.
func (t *Term) Load(ctx context.Context) (*runner.Loaded, error) {
	l, history, err := t.store.load(ctx)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trail.Found(history)
	return l, nil
}

// Commit writes a batch in one transaction, or in several, history first, if it is larger than etcd takes at once. After
// an error the caller writes it again, or what has replaced it: whether this one arrived makes no difference then.
func (t *Term) Commit(ctx context.Context, b runner.Batch) (revision int64, err error) {
	ops, trim, barrier, err := t.prepare(ctx, b)
	if err != nil {
		return 0, err
	}
	for _, part := range t.parts(ops, trim) {
		same := clientv3.Compare(clientv3.ModRevision(t.store.key(wire.LeaderKey)), "=", barrier)
		r, err := t.write(ctx, "commit batch", part, same)
		if err != nil {
			t.doubtOf(ops)
			return 0, err
		}
		if revision == 0 { // the entries come first, and fit into one part unless a service was held up for very long
			revision = r.Header.Revision
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trail.Trimmed(trim)
	return revision, nil
}

// prepare says what is to be written, and below which barrier.
func (t *Term) prepare(ctx context.Context, b runner.Batch) (ops []wire.Op, trim string, barrier int64, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.doubt {
		if err := t.settle(ctx); err != nil {
			return nil, "", 0, err
		}
	}
	ops, err = wire.Ops(b, &t.trail)
	return ops, t.trail.Trim(), t.barrier, err
}

// settle makes sure that writes whose fate is unknown do not arrive any more, and takes back their history, which is
// written again. The caller holds the lock.
func (t *Term) settle(ctx context.Context) error {
	ops := []clientv3.Op{clientv3.OpPut(t.store.key(wire.LeaderKey), t.store.cfg.Name, clientv3.WithLease(t.lease))}
	n := min(len(t.doubtful), maxOps)
	for _, key := range t.doubtful[:n] {
		ops = append(ops, clientv3.OpDelete(t.store.key(key)))
	}
	r, err := t.write(ctx, "settle what is in doubt", ops)
	if err != nil {
		return err
	}
	t.trail.Forget(t.doubtful[:n])
	t.barrier, t.doubtful = r.Header.Revision, t.doubtful[n:]
	t.doubt = len(t.doubtful) > 0
	if t.doubt {
		return t.settle(ctx)
	}
	return nil
}

// doubtOf says that it is not known whether these operations will be, or have been, carried out.
func (t *Term) doubtOf(ops []wire.Op) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.doubt = true
	for _, op := range ops {
		if wire.IsSegment(op.Key) {
			t.doubtful = append(t.doubtful, op.Key)
		}
	}
}

// parts are the transactions for operations, in their order; the first also deletes the history before trim.
func (t *Term) parts(ops []wire.Op, trim string) (out [][]clientv3.Op) {
	var part []clientv3.Op
	if trim != "" {
		part = append(part, clientv3.OpDelete(t.store.key(wire.HistoryKeys), clientv3.WithRange(t.store.key(trim))))
	}
	bytes := 0
	for _, op := range ops {
		if len(part) >= maxOps || len(part) > 0 && bytes+op.Size() > maxBytes {
			out, part, bytes = append(out, part), nil, 0
		}
		part, bytes = append(part, t.op(op)), bytes+op.Size()
	}
	if len(part) == 0 {
		return out
	}
	return append(out, part)
}

func (t *Term) op(op wire.Op) clientv3.Op {
	if op.Value == nil {
		return clientv3.OpDelete(t.store.key(op.Key))
	}
	return clientv3.OpPut(t.store.key(op.Key), string(op.Value))
}

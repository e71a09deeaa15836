package etcd

import (
	"context"
	"fmt"

	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// keepPacks is how many packs are kept, beside the active one.
const keepPacks = 16

// PutDesired stores a spec and returns the store's revision of the put; equal content is put again.
func (t *Term) PutDesired(ctx context.Context, id engine.ResourceID, spec *engine.Spec) (int64, error) {
	if err := wire.CheckResource(id); err != nil {
		return 0, err
	}
	value, err := wire.SpecToJSON(spec)
	if err != nil {
		return 0, err
	}
	r, err := t.write(ctx, "store desired spec of "+id.String(), []clientv3.Op{t.op(wire.Op{Key: wire.DesiredKey(id), Value: value})})
	if err != nil {
		return 0, err
	}
	return r.Header.Revision, nil
}

// DeleteDesired removes a spec and returns the store's revision of that; NotFound if there is none.
func (t *Term) DeleteDesired(ctx context.Context, id engine.ResourceID) (int64, error) {
	r, err := t.write(ctx, "delete desired spec of "+id.String(), []clientv3.Op{t.op(wire.Op{Key: wire.DesiredKey(id)})})
	if err != nil {
		return 0, err
	}
	if r.Responses[0].GetResponseDeleteRange().Deleted == 0 {
		return 0, &engine.Error{Kind: engine.NotFound, Text: "delete desired spec: there is none of " + id.String()}
	}
	return r.Header.Revision, nil
}

// PutSite sets facts of the site; an empty value takes a fact away.
func (t *Term) PutSite(ctx context.Context, facts map[string]string) error {
	ops, err := wire.SiteOps(facts)
	if err != nil || len(ops) == 0 {
		return err
	}
	var all []clientv3.Op
	for _, op := range ops {
		all = append(all, t.op(op))
	}
	_, err = t.write(ctx, "store site facts", all)
	return err
}

// WatchDesired sends every change; see Store.WatchDesired.
func (t *Term) WatchDesired(ctx context.Context, after int64) <-chan runner.Change {
	return t.store.WatchDesired(ctx, after)
}

// Pack reads a pack; see Store.Pack.
func (t *Term) Pack(ctx context.Context, digest string) (map[string][]byte, error) {
	return t.store.Pack(ctx, digest)
}

// PutPack stores a pack by its digest. Of the packs before it the newest are kept, and the one that the cell's record
// calls active. A pack that is too large is Invalid.
func (t *Term) PutPack(ctx context.Context, digest string, files map[string][]byte) error {
	key, err := wire.PackKey(digest)
	if err != nil {
		return err
	}
	value, err := wire.PackToStore(files)
	if err != nil {
		return err
	}
	if len(value) > maxBytes {
		return &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf("store pack: it has %d bytes, more than %d that the store takes at once", len(value), maxBytes)}
	}
	oldest := clientv3.WithSort(clientv3.SortByModRevision, clientv3.SortAscend)
	r, err := t.write(ctx, "store pack "+digest, []clientv3.Op{
		t.op(wire.Op{Key: key, Value: value}),
		clientv3.OpGet(t.store.key(wire.CellKey)),
		clientv3.OpGet(t.store.key(wire.PackKeys), clientv3.WithPrefix(), clientv3.WithKeysOnly(), oldest),
	})
	if err != nil {
		return err
	}
	var active string
	for _, kv := range r.Responses[1].GetResponseRange().Kvs {
		if c, err := wire.CellFromStore(kv.Value); err == nil {
			active, _ = wire.PackKey(c.Revision)
		}
	}
	var old []clientv3.Op
	packs := r.Responses[2].GetResponseRange().Kvs
	for _, kv := range packs[:max(0, len(packs)-keepPacks)] {
		if k := string(kv.Key); k != t.store.key(active) && len(old) < maxOps {
			old = append(old, clientv3.OpDelete(k))
		}
	}
	if len(old) > 0 {
		_, err = t.write(ctx, "delete old packs", old)
	}
	return err
}

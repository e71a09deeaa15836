package etcd

import (
	"context"
	"errors"
	"strings"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// page is how many keys are read at once.
const page = 200

// Load reads all of the cell at one revision of the store. A value that cannot be read is in Broken.
func (s *Store) Load(ctx context.Context) (*runner.Loaded, error) {
	l, _, err := s.load(ctx)
	return l, err
}

// load also returns the segments of the history.
func (s *Store) load(ctx context.Context) (l *runner.Loaded, history []wire.Value, err error) {
	for {
		var now *clientv3.GetResponse
		if now, err = s.client.Get(ctx, s.cfg.root(), clientv3.WithPrefix(), clientv3.WithCountOnly()); err != nil {
			break
		}
		if l, history, err = s.loadAt(ctx, now.Header.Revision); !errors.Is(err, rpctypes.ErrCompacted) {
			break // else it took so long that the revision is gone
		}
	}
	if err != nil {
		return nil, nil, s.fail("load cell", err)
	}
	s.watched.set(wire.KnownOf(l))
	return l, history, nil
}

func (s *Store) loadAt(ctx context.Context, revision int64) (*runner.Loaded, []wire.Value, error) {
	l := wire.NewLoaded(revision)
	var history []wire.Value
	for _, prefix := range wire.LoadedKeys {
		values, err := s.list(ctx, prefix, revision)
		if err != nil {
			return nil, nil, err
		}
		for _, v := range values {
			wire.Add(l, v)
		}
		if prefix == wire.HistoryKeys {
			history = values
		}
	}
	return l, history, nil
}

// list reads all values below a prefix, page by page, in the order of their keys.
func (s *Store) list(ctx context.Context, prefix string, revision int64) (out []wire.Value, err error) {
	from, end := s.key(prefix), clientv3.GetPrefixRangeEnd(s.key(prefix))
	for {
		r, err := s.client.Get(ctx, from, clientv3.WithRange(end), clientv3.WithLimit(page), clientv3.WithRev(revision))
		if err != nil {
			return nil, err
		}
		for _, kv := range r.Kvs {
			out = append(out, wire.Value{
				Key: strings.TrimPrefix(string(kv.Key), s.cfg.root()), Bytes: kv.Value, Created: kv.CreateRevision, Modified: kv.ModRevision,
			})
		}
		if !r.More {
			return out, nil
		}
		from = string(r.Kvs[len(r.Kvs)-1].Key) + "\x00"
	}
}

// Pack reads a pack; NotFound if there is none of this digest.
func (s *Store) Pack(ctx context.Context, digest string) (map[string][]byte, error) {
	key, err := wire.PackKey(digest)
	if err != nil {
		return nil, err
	}
	r, err := s.client.Get(ctx, s.key(key))
	if err != nil {
		return nil, s.fail("read pack "+digest, err)
	}
	if len(r.Kvs) == 0 {
		return nil, &engine.Error{Kind: engine.NotFound, Text: "read pack: there is none with the digest " + digest}
	}
	return wire.PackFromStore(r.Kvs[0].Value)
}

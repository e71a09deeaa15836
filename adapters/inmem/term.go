package inmem

import (
	"context"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// Term is the time that a leader leads: it writes, and fails with ErrDeposed once another has campaigned. It implements
// runner.Recorder, runner.Desires and runner.Packs, and is safe for concurrent use.
type Term struct {
	*Store
	fence int64
	trail wire.Trail
	done  chan struct{}
}

// Fence is the leader's revision (rule 3.1): a later leader has a higher one.
func (t *Term) Fence() int64 { return t.fence }

// Done is closed when another leads.
func (t *Term) Done() <-chan struct{} { return t.done }

// Load reads everything.
func (t *Term) Load(context.Context) (*runner.Loaded, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trail.Found(t.under(wire.HistoryKeys))
	return t.load(), nil
}

// Commit writes a batch in one transaction.
func (t *Term) Commit(_ context.Context, b runner.Batch) (int64, error) {
	return t.write(func() ([]wire.Op, error) {
		ops, err := wire.Ops(b, &t.trail)
		if keep := t.trail.Trim(); keep != "" && err == nil {
			for _, v := range t.under(wire.HistoryKeys) {
				if v.Key < keep {
					ops = append(ops, wire.Op{Key: v.Key})
				}
			}
			t.trail.Trimmed(keep)
		}
		return ops, err
	})
}

// PutDesired stores a spec and returns the revision of it.
func (t *Term) PutDesired(_ context.Context, id engine.ResourceID, spec *engine.Spec) (int64, error) {
	return t.write(func() ([]wire.Op, error) {
		if err := wire.CheckResource(id); err != nil {
			return nil, err
		}
		value, err := wire.SpecToJSON(spec)
		return []wire.Op{{Key: wire.DesiredKey(id), Value: value}}, err
	})
}

// DeleteDesired removes a spec; NotFound if there is none.
func (t *Term) DeleteDesired(_ context.Context, id engine.ResourceID) (int64, error) {
	return t.write(func() ([]wire.Op, error) {
		if _, ok := t.values[wire.DesiredKey(id)]; !ok {
			return nil, &engine.Error{Kind: engine.NotFound, Text: "delete desired spec: there is none of " + id.String()}
		}
		return []wire.Op{{Key: wire.DesiredKey(id)}}, nil
	})
}

// PutSite sets facts of the site; an empty value takes a fact away.
func (t *Term) PutSite(_ context.Context, facts map[string]string) error {
	_, err := t.write(func() ([]wire.Op, error) { return wire.SiteOps(facts) })
	return err
}

// PutPack stores a pack by its digest.
func (t *Term) PutPack(_ context.Context, digest string, files map[string][]byte) error {
	_, err := t.write(func() ([]wire.Op, error) {
		key, err := wire.PackKey(digest)
		if err != nil {
			return nil, err
		}
		value, err := wire.PackToStore(files)
		return []wire.Op{{Key: key, Value: value}}, err
	})
	return err
}

// write applies what make returns, if this is still the leader.
func (t *Term) write(make func() ([]wire.Op, error)) (int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.term != t {
		return 0, runner.ErrDeposed
	}
	ops, err := make()
	if err != nil {
		return 0, err
	}
	return t.apply(ops...), nil
}

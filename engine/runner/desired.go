package runner

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"statemanager/engine"
)

// Changed says what became of a desired spec.
type Changed string

// What Apply and Delete do.
const (
	Created   Changed = "created"
	Updated   Changed = "updated"   // a new generation
	Unchanged Changed = "unchanged" // equal content
	Deleted   Changed = "deleted"   // the service goes once its removal has been seen
)

// Applied is what a change of a desired spec did, and how the service stood right after.
type Applied struct {
	Change   Changed
	Revision int64        // of the store, after it
	Before   *engine.Spec // what was wanted before; nil = nothing
	Service  Service
}

// Apply stores a desired spec and waits until the engine has taken it in. Invalid: its dependencies lead back to the
// service itself, or nobody knows its node; nothing is then stored.
func (r *Runner) Apply(ctx context.Context, id engine.ResourceID, s *engine.Spec) (Applied, error) {
	done, err := r.turn(ctx)
	if err != nil {
		return Applied{}, err
	}
	defer done()
	a, err := r.Check(ctx, id, s)
	if err != nil {
		return Applied{}, err
	}
	revision, err := r.cfg.Store.PutDesired(ctx, id, s)
	if err != nil {
		return Applied{}, err
	}
	return r.applied(ctx, id, a, revision)
}

// Check says what Apply or, without a spec, Delete would do, or refuses what they would refuse. It changes nothing.
func (r *Runner) Check(ctx context.Context, id engine.ResourceID, s *engine.Spec) (a Applied, err error) {
	var old *engine.Desired
	var cycle []engine.ResourceID
	err = r.call(ctx, func(l *loop) {
		if old = l.desired[id]; s != nil {
			cycle = l.cycle(id, s.Dependencies)
		}
	})
	switch {
	case err != nil:
	case cycle != nil:
		err = cyclic(cycle)
	case s != nil && r.placeable(s, old) != nil:
		err = r.placeable(s, old)
	case s == nil && old == nil:
		err = &engine.Error{Kind: engine.NotFound, Text: "delete spec: there is none of " + id.String()}
	case s == nil:
		a = Applied{Change: Deleted, Before: &old.Spec}
	case old == nil:
		a = Applied{Change: Created}
	case old.Spec.Equal(s):
		a = Applied{Change: Unchanged, Before: &old.Spec}
	default:
		a = Applied{Change: Updated, Before: &old.Spec}
	}
	return a, err
}

// Delete removes a desired spec and waits until the engine has taken that in. NotFound: there is none.
func (r *Runner) Delete(ctx context.Context, id engine.ResourceID) (Applied, error) {
	done, err := r.turn(ctx)
	if err != nil {
		return Applied{}, err
	}
	defer done()
	revision, err := r.cfg.Store.DeleteDesired(ctx, id)
	if err != nil {
		return Applied{}, err
	}
	return r.applied(ctx, id, Applied{Change: Deleted}, revision)
}

// placeable says whether a spec names a node that is configured. One that stays where it is may: its node was configured.
func (r *Runner) placeable(s *engine.Spec, old *engine.Desired) error {
	if r.cfg.Agents[s.Node] != nil || old != nil && old.Spec.Node == s.Node {
		return nil
	}
	known := slices.Sorted(maps.Keys(r.cfg.Agents))
	return &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf("spec.node: %s is not configured; the nodes are %s", s.Node, cmp.Or(strings.Join(known, ", "), "none"))}
}

// turn waits for the turn to change what is wanted: one change at a time, so that each is compared with what it changes.
func (r *Runner) turn(ctx context.Context) (done func(), err error) {
	select {
	case r.writes <- struct{}{}:
		return func() { <-r.writes }, nil
	case <-ctx.Done():
		return nil, unavailable("wait for an earlier change: %v", context.Cause(ctx))
	case <-r.ended:
		return nil, r.gone()
	}
}

// cycle is a way from a service along dependencies back to itself, if it had these (rule 1.2); nil = there is none.
func (l *loop) cycle(id engine.ResourceID, on []engine.ResourceID) []engine.ResourceID {
	seen := map[engine.ResourceID]bool{}
	var walk func(on []engine.ResourceID) []engine.ResourceID
	walk = func(on []engine.ResourceID) []engine.ResourceID {
		for _, d := range on {
			if d == id {
				return []engine.ResourceID{d}
			}
			if x := l.desired[d]; x != nil && !seen[d] {
				seen[d] = true
				if way := walk(x.Spec.Dependencies); way != nil {
					return append([]engine.ResourceID{d}, way...)
				}
			}
		}
		return nil
	}
	return walk(on)
}

func cyclic(way []engine.ResourceID) error {
	text := way[len(way)-1].String()
	for _, id := range way {
		text += " needs " + id.String()
	}
	return &engine.Error{Kind: engine.Invalid, Text: "apply spec: its dependencies are a circle: " + text + "; take one of them out"}
}

// applied waits until a revision is taken in, and shows what it did.
func (r *Runner) applied(ctx context.Context, id engine.ResourceID, a Applied, revision int64) (Applied, error) {
	w := waiter{revision, make(chan struct{})}
	err := r.call(ctx, func(l *loop) {
		l.waiting = append(l.waiting, w)
		l.seen(l.revision)
	})
	if err == nil {
		_, err = await(ctx, r, w.done, "until the change, which is stored, is taken in")
	}
	a.Revision = revision
	if err == nil {
		err = r.call(ctx, func(l *loop) { a.Service, _ = l.view(id) })
	}
	return a, err
}

// watch posts what becomes of the desired specs after a revision.
func (r *Runner) watch(after int64) {
	for r.life.Err() == nil {
		for c := range r.cfg.Store.WatchDesired(r.life, after) {
			after = max(after, c.Revision)
			r.inbox.post(c)
		}
		select { // only a broken store ends a watch by itself
		case <-r.life.Done():
		case <-time.After(retryFirst):
		}
	}
}

// changed takes a change of a desired key.
func (l *loop) changed(c Change) {
	id := c.Service
	switch {
	case id == (engine.ResourceID{}):
		if c.Err != nil && l.seldom("watch") {
			l.log.Warn("desired specs cannot be watched", "error", c.Err)
		}
	case c.Err != nil:
		l.log.Error("desired spec cannot be read: the last one stays", "service", id, "error", c.Err)
		l.unread[id] = c.Err
	default:
		l.take(id, c.Desired)
	}
	l.seen(max(l.revision, c.Revision))
}

func (l *loop) take(id engine.ResourceID, d *engine.Desired) {
	if !l.broken(id) { // else it stays held until the next start
		delete(l.unread, id)
	}
	if l.desired[id] = d; d == nil {
		delete(l.desired, id)
	}
	l.step(engine.DesiredChanged{Service: id, Desired: d})
}

// seen says that all up to a revision is taken in.
func (l *loop) seen(revision int64) {
	l.revision = revision
	var rest []waiter
	for _, w := range l.waiting {
		if w.revision <= revision {
			close(w.done)
		} else {
			rest = append(rest, w)
		}
	}
	l.waiting = rest
}

package runner

import (
	"context"
	"fmt"

	"statemanager/engine"
)

// Retry starts recovery of a service afresh, and drops all its overrides if asked to (rule 1.4). It returns what that
// did once it is durable.
func (r *Runner) Retry(ctx context.Context, id engine.ResourceID, overrides bool) (string, error) {
	return r.reply(ctx, func(l *loop, n int64) {
		l.step(engine.Command{ID: n, Service: id, Verb: engine.VerbRetry, Overrides: overrides})
	})
}

// Resolve says what became of an action that nobody can tell of: succeeded, failed or never_ran (rule 3.5). It returns
// what that did once it is durable.
func (r *Runner) Resolve(ctx context.Context, id engine.ResourceID, key engine.EpochSeq, as engine.Result) (string, error) {
	return r.reply(ctx, func(l *loop, n int64) {
		l.step(engine.Command{ID: n, Service: id, Verb: engine.VerbResolve, Key: key, As: as})
	})
}

// Pause stops reconciliation in the cell: nothing but notices is sent until Resume. It returns once that is durable.
func (r *Runner) Pause(ctx context.Context) (string, error) {
	return r.reply(ctx, func(l *loop, n int64) { l.step(engine.Command{ID: n, Verb: engine.VerbPause}) })
}

// Resume ends a pause. It returns once that is durable.
func (r *Runner) Resume(ctx context.Context) (string, error) {
	return r.reply(ctx, func(l *loop, n int64) { l.step(engine.Command{ID: n, Verb: engine.VerbResume}) })
}

// Activate makes a pack the active one. It is stored first, by its revision, and decides from the next step on; Activate
// returns when that is durable. The Decider must answer for it already, and may forget the old one afterwards.
func (r *Runner) Activate(ctx context.Context, p *engine.Pack, files map[string][]byte) error {
	if err := r.cfg.Store.PutPack(ctx, p.Revision, files); err != nil {
		return fmt.Errorf("store pack %s: %w", p.Revision, err)
	}
	_, err := r.reply(ctx, func(l *loop, n int64) {
		l.pack = p
		l.step(engine.PackActivated{Pack: p})
		l.seq.Add(engine.Effects{Reply: []engine.Reply{{ID: n}}}) // leaves when the cell's record is saved
	})
	return err
}

// Raise raises an alert that others than the engine have cause for. It waits for room in the inbox, not for the alert.
func (r *Runner) Raise(a engine.AlertRaised) { r.inbox.post(a) }

// reply has f done by the loop with the number of a reply, and waits for that reply. Unavailable, and nothing is done,
// while what waits for the store has reached its bound.
func (r *Runner) reply(ctx context.Context, f func(l *loop, n int64)) (string, error) {
	var reply chan engine.Reply
	err := r.call(ctx, func(l *loop) {
		if l.full() {
			return
		}
		var n int64
		n, reply = l.expect()
		f(l, n)
	})
	if err == nil && reply == nil {
		err = unavailable("too much waits for the store already: nothing was done")
	}
	if err != nil {
		return "", err
	}
	x, err := await(ctx, r, reply, "until what was done is durable")
	switch {
	case err != nil:
		return "", err
	case x.Kind != "":
		return "", &engine.Error{Kind: x.Kind, Text: x.Text}
	}
	return x.Text, nil
}

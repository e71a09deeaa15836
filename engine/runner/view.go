package runner

import (
	"context"
	"slices"

	"statemanager/engine"
)

// Service is a service as it is shown.
type Service struct {
	engine.View
	Broken error // a stored value of it cannot be read; nil while all can
}

// View shows one service. NotFound: nobody wants it and nothing is known of it.
func (r *Runner) View(ctx context.Context, id engine.ResourceID) (s Service, err error) {
	ok := false
	if err = r.call(ctx, func(l *loop) { s, ok = l.view(id) }); err == nil && !ok {
		err = none(id)
	}
	return s, err
}

func none(id engine.ResourceID) error {
	return &engine.Error{Kind: engine.NotFound, Text: "find service: there is none named " + id.String()}
}

// Services are the ids of all services that are known, in order: those whose value cannot be read too.
func (r *Runner) Services(ctx context.Context) (ids []engine.ResourceID, err error) {
	err = r.call(ctx, func(l *loop) {
		ids = l.engine.Services()
		for id := range l.unread {
			ids = append(ids, id)
		}
	})
	slices.SortFunc(ids, engine.ResourceID.Compare)
	return slices.Compact(ids), err
}

// Nodes shows all nodes, in order of ids.
func (r *Runner) Nodes(ctx context.Context) (out []engine.NodeView, err error) {
	err = r.call(ctx, func(l *loop) { out = l.engine.Nodes(l.cfg.Clock()) })
	return out, err
}

// view is what is known of a service, and whether anything is.
func (l *loop) view(id engine.ResourceID) (Service, bool) {
	v, ok := l.engine.View(id, l.cfg.Clock())
	v.ID = id
	if err := l.saving.refused[id]; err != nil {
		v.Holds, v.Coming = append(v.Holds, engine.Hold{Code: "unwritable", Text: refusal(err)}), engine.Coming{Text: "nothing: " + refusal(err)}
	}
	err := l.unread[id]
	if err != nil {
		v.Coming = engine.Coming{Text: "nothing: its value in the store cannot be read: " + err.Error()}
	}
	return Service{v, err}, ok || err != nil
}

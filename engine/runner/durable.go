package runner

import (
	"cmp"
	"slices"
	"strings"

	"statemanager/engine"
)

// Transaction is what one transaction of the store has told of.
type Transaction struct {
	Revision int64 // of the store
	Entries  []engine.Entry
}

// order brings transactions into the order of the store: several are written at once, and may end in another order than
// they were made durable in.
type order struct{ waiting []ended }

type ended struct {
	Transaction
	began int64 // id of the batch whose writing had begun last when this one ended: later ones have higher revisions
}

func (o *order) add(t Transaction, began int64) {
	if len(t.Entries) > 0 {
		o.waiting = append(o.waiting, ended{t, began})
	}
}

// take returns the transactions before which no other can come any more, given the ids of the batches being written.
func (o *order) take(flight map[int64]bool) (out []Transaction) {
	slices.SortFunc(o.waiting, func(a, b ended) int { return cmp.Compare(a.Revision, b.Revision) })
	for len(o.waiting) > 0 {
		for id := range flight {
			if id <= o.waiting[0].began {
				return out
			}
		}
		out, o.waiting = append(out, o.waiting[0].Transaction), o.waiting[1:]
	}
	return out
}

// durable shows what has been saved.
func (l *loop) durable(t Transaction) {
	l.history.add(t)
	l.subs.publish(t)
	for _, x := range t.Entries {
		l.counters.count(&x)
		who := "cell"
		if x.Service != (engine.ResourceID{}) {
			who = x.Service.String()
		}
		switch {
		case x.Event != nil:
			l.log.Info("event", append([]any{"service", who, "type", x.Event.Type, "source", x.Event.Source}, details(x.Event)...)...)
		case x.Decision != nil:
			d := x.Decision
			l.log.Debug("decision", "service", who, "entrypoint", d.Entrypoint, "answer", fields(d.Answer), "reasons", codes(d.Reasons), "rules", d.Rules, "fail_safe", d.FailSafe)
		}
	}
}

// details are what an event tells, as keys and values of a log line.
func details(e *engine.StateEvent) (out []any) {
	for _, c := range e.Changes {
		out = append(out, c.Field, cmp.Or(c.Old, "none")+" -> "+cmp.Or(c.New, "none"))
	}
	for _, f := range e.Metadata {
		if f.Value != "" {
			out = append(out, f.Name, f.Value)
		}
	}
	return out
}

func fields(fs []engine.Field) string {
	out := make([]string, len(fs))
	for i, f := range fs {
		out[i] = f.Name + "=" + f.Value
	}
	return strings.Join(out, " ")
}

func codes(reasons []engine.Reason) []string {
	out := make([]string, len(reasons))
	for i, x := range reasons {
		out[i] = x.Code
	}
	return out
}

package runner

import (
	"context"
	"maps"

	"statemanager/engine"
)

// Metrics are figures of a cell at a moment. Counters start with the runner, gauges are of the moment.
type Metrics struct {
	At         engine.Instant
	Fence      int64
	Services   map[engine.Phase]int // by phase; NoPhase: nobody wants them
	Available  int
	Well       int // wanted, and as wanted
	Recoveries map[engine.LadderState]int
	Isolated   int
	Broken     int // services whose stored value cannot be read, or whose record the store does not take
	Actions    map[engine.SlotState]int
	Nodes      map[engine.NodeState]int
	Notices    int   // that wait to be accepted by the MonitoringServer
	Effects    int   // that wait for a save, with the entries of the history
	Store      error // why the store could not be written the last time; nil while it can
	Revision   string
	Refused    bool           // the keeper has a pack that it refuses
	Paused     engine.Instant // since when reconciliation is paused; 0 = it is not

	Ended     map[string]uint64 // counter: actions that have ended, by "KIND RESULT"
	Events    map[engine.EventType]uint64
	Decisions map[string]uint64 // by entrypoint
	FailSafe  map[string]uint64 // by entrypoint: policy could not be asked
}

// counters count what has become durable.
type counters struct {
	ended, decisions, failSafe map[string]uint64
	events                     map[engine.EventType]uint64
}

func newCounters() counters {
	return counters{map[string]uint64{}, map[string]uint64{}, map[string]uint64{}, map[engine.EventType]uint64{}}
}

func (c *counters) count(x *engine.Entry) {
	if d := x.Decision; d != nil {
		c.decisions[d.Entrypoint]++
		if d.FailSafe != "" {
			c.failSafe[d.Entrypoint]++
		}
		return
	}
	c.events[x.Event.Type]++
	if x.Event.EndsAction() {
		c.ended[metadata(x.Event, "action")+" "+metadata(x.Event, "result")]++
	}
}

// metadata is a value of an event's metadata; "" if there is none of that name.
func metadata(e *engine.StateEvent, name string) string {
	for _, f := range e.Metadata {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// Metrics are the figures of now.
func (r *Runner) Metrics(ctx context.Context) (m Metrics, err error) {
	err = r.call(ctx, func(l *loop) { m = l.metrics() })
	return m, err
}

// sendMetrics sends the figures of now, unless older ones are still on their way.
func (l *loop) sendMetrics() {
	m := l.metrics()
	l.figures.do("metrics", func() {
		ctx, cancel := context.WithTimeout(l.life, askTimeout)
		defer cancel()
		if err := l.cfg.Monitor.SendMetrics(ctx, m); err != nil {
			l.log.Debug("metrics are not taken", "error", err)
		}
	})
}

func (l *loop) metrics() Metrics {
	c := l.counters
	m := Metrics{At: l.cfg.Clock(), Fence: l.cfg.Fence, Store: l.saving.err, Revision: l.pack.Revision, Refused: l.cfg.Keeper.Refuses(), Paused: l.cell.Paused, Broken: len(l.unread) + len(l.saving.refused),
		Services: map[engine.Phase]int{}, Recoveries: map[engine.LadderState]int{}, Actions: map[engine.SlotState]int{}, Nodes: map[engine.NodeState]int{},
		Ended: maps.Clone(c.ended), Events: maps.Clone(c.events), Decisions: maps.Clone(c.decisions), FailSafe: maps.Clone(c.failSafe)}
	m.Effects, _ = l.seq.Held()
	m.Notices = len(l.cell.Outbox)
	for _, n := range l.engine.Nodes(m.At) {
		m.Nodes[n.State]++
	}
	for _, id := range l.engine.Services() {
		if v, ok := l.engine.View(id, m.At); ok {
			m.add(&v)
		}
	}
	return m
}

func (m *Metrics) add(v *engine.View) {
	r := v.Record
	if v.Available {
		m.Available++
	}
	if r == nil {
		m.Services[engine.NoPhase]++
		return
	}
	m.Services[r.Phase]++
	if v.WellSince != 0 {
		m.Well++
	}
	if r.Ladder != nil {
		m.Recoveries[r.Ladder.State]++
	}
	if r.Over.Isolated {
		m.Isolated++
	}
	for _, a := range r.Slots {
		m.Actions[a.State]++
	}
	m.Notices += len(r.Outbox)
}

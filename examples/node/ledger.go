package node

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	apiv1 "statemanager/proto/statemanager/v1"
)

// ledger is the durable memory of the controller: what became of each action by its key, the highest key of each
// service, and the highest fence. Fences are compared within an epoch, and a newer epoch starts anew: a store that was
// made anew counts its revisions, and so its leaders' fences, from the start.
type ledger struct {
	mu      sync.Mutex
	journal *journal
	rows    map[actionKey]*row
	highest map[serviceID]order
	fence   order // its seq is the fence
}

// actionKey names an action of a service at this node.
type actionKey struct {
	service serviceID
	order
}

// order is an epoch and a number within it.
type order struct{ epoch, n int64 }

func (o order) above(p order) bool { return o.epoch > p.epoch || o.epoch == p.epoch && o.n > p.n }

// row is what is known of an action.
type row struct {
	key     actionKey
	state   apiv1.GetActionResponse_State
	outcome *apiv1.Outcome // of one that is done
	ended   chan struct{}  // closed when it is no longer running
}

func newRow(key actionKey, state apiv1.GetActionResponse_State) *row {
	return &row{key: key, state: state, ended: make(chan struct{})}
}

// openLedger reads the ledger. What was accepted and has no outcome was under way when its process ended: whether it was
// carried out cannot be told.
func openLedger(path string) (*ledger, error) {
	j, entries, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	l := &ledger{journal: j, rows: map[actionKey]*row{}, highest: map[serviceID]order{}}
	for n, e := range entries {
		if err := l.replay(e); err != nil {
			j.close()
			return nil, fmt.Errorf("read ledger %s: line %d: %w", path, n+1, err)
		}
	}
	return l, nil
}

func (l *ledger) replay(e entry) error {
	namespace, name, ok := strings.Cut(e.Resource, "/")
	if !ok {
		return fmt.Errorf("resource: %q is not NAMESPACE/NAME", e.Resource)
	}
	key := actionKey{serviceID{namespace, name}, order{e.Epoch, e.Seq}}
	l.raiseFence(order{e.Epoch, e.Fence})
	switch e.Event {
	case accepted:
		l.keep(newRow(key, apiv1.GetActionResponse_STATE_CANNOT_TELL))
		close(l.rows[key].ended)
	case burned:
		l.keep(newRow(key, apiv1.GetActionResponse_STATE_NEVER_HEARD))
	case outcome:
		r := l.rows[key]
		if r == nil {
			return fmt.Errorf("an outcome of %s %d/%d, which was never accepted", e.Resource, e.Epoch, e.Seq)
		}
		r.state = apiv1.GetActionResponse_STATE_DONE
		r.outcome = &apiv1.Outcome{Result: results[e.Result], Message: e.Message}
	case refused: // changes nothing but the fence
	default:
		return fmt.Errorf("event: %q is unknown", e.Event)
	}
	return nil
}

// keep adds a row, and raises the highest of its service.
func (l *ledger) keep(r *row) {
	l.rows[r.key] = r
	if r.key.above(l.highest[r.key.service]) {
		l.highest[r.key.service] = r.key.order
	}
}

func (l *ledger) raiseFence(f order) {
	if f.above(l.fence) {
		l.fence = f
	}
}

func (l *ledger) oldFence(epoch, fence int64) bool {
	return epoch == l.fence.epoch && fence < l.fence.n
}

// accept takes an action in, durably: fresh means that it is to be carried out now. One that was seen before gives its
// row. Neither means that it is refused.
func (l *ledger) accept(key actionKey, e entry) (r *row, fresh bool, refusal *apiv1.Outcome, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.rows[key]; r != nil && r.state != apiv1.GetActionResponse_STATE_NEVER_HEARD {
		l.raiseFence(order{e.Epoch, e.Fence})
		return r, false, nil, nil
	}
	if why := l.refuses(key, e.Fence); why != "" {
		refusal, err := l.refuse(key, e, why)
		return nil, false, refusal, err
	}
	e.Event = accepted
	if err := l.journal.add(e); err != nil {
		return nil, false, nil, err
	}
	l.raiseFence(order{e.Epoch, e.Fence})
	r = newRow(key, apiv1.GetActionResponse_STATE_RUNNING)
	l.keep(r)
	return r, true, nil, nil
}

func (l *ledger) refuses(key actionKey, fence int64) string {
	highest := l.highest[key.service]
	switch {
	case l.oldFence(key.epoch, fence):
		return fmt.Sprintf("fence %d is below %d, the highest seen", fence, l.fence.n)
	case l.rows[key] != nil:
		return "it was asked about before it came, and burned"
	case !key.above(highest):
		return fmt.Sprintf("%d/%d is not above %d/%d, the highest seen", key.epoch, key.n, highest.epoch, highest.n)
	}
	return ""
}

// refuse notes a refusal. It is not the outcome of the key: what was refused never ran, and GetAction says so.
func (l *ledger) refuse(key actionKey, e entry, why string) (*apiv1.Outcome, error) {
	e.Event, e.Message = refused, why
	if err := l.journal.add(e); err != nil {
		return nil, err
	}
	l.raiseFence(order{e.Epoch, e.Fence})
	h := l.highest[key.service]
	return &apiv1.Outcome{Result: apiv1.Outcome_RESULT_REFUSED, Message: why, HighestEpoch: h.epoch, HighestSeq: h.n}, nil
}

// conclude makes the outcome of an action durable. When that fails nobody can tell what became of it.
func (l *ledger) conclude(r *row, e entry, o *apiv1.Outcome) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer close(r.ended)
	e.Event, e.Result, e.Message = outcome, resultNames[o.GetResult()], o.GetMessage()
	if err := l.journal.add(e); err != nil {
		r.state = apiv1.GetActionResponse_STATE_CANNOT_TELL
		return err
	}
	r.state, r.outcome = apiv1.GetActionResponse_STATE_DONE, o
	return nil
}

// inquire says what became of an action. One that was never heard of is burned, durably, unless an old leader asks.
func (l *ledger) inquire(key actionKey, e entry) (*apiv1.GetActionResponse, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rows[key] == nil {
		if l.oldFence(e.Epoch, e.Fence) {
			return nil, errOldFence
		}
		e.Event = burned
		if err := l.journal.add(e); err != nil {
			return nil, err
		}
		l.keep(newRow(key, apiv1.GetActionResponse_STATE_NEVER_HEARD))
	}
	l.raiseFence(order{e.Epoch, e.Fence})
	r := l.rows[key]
	return &apiv1.GetActionResponse{State: r.state, Outcome: r.outcome}, nil
}

// status is what is known of an action now.
func (l *ledger) status(r *row) (apiv1.GetActionResponse_State, *apiv1.Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return r.state, r.outcome
}

// newest is the highest key of each service, in the order of their ids.
func (l *ledger) newest() []*apiv1.Highest {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []*apiv1.Highest
	for _, id := range slices.SortedFunc(maps.Keys(l.highest), serviceID.compare) {
		out = append(out, &apiv1.Highest{ResourceId: id.proto(), Epoch: l.highest[id].epoch, Seq: l.highest[id].n})
	}
	return out
}

func (l *ledger) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.journal.close()
}

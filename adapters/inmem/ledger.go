package inmem

import (
	"slices"
	"sync"

	"statemanager/engine"
)

// Ledger is what a controller keeps durably (rules 3.2 and 3.5): the outcome of each action by its key, the highest key
// of each service at a node, and the highest fence of each node. It outlives the controllers that write it. The zero
// value is ready to use.
type Ledger struct {
	mu      sync.Mutex
	rows    map[engine.ActionRef]*ledgerRow
	highest map[place]engine.EpochSeq
	fences  map[string]int64
}

// place is a service at a node.
type place struct {
	node    string
	service engine.ResourceID
}

// ledgerRow is what is known of an action.
type ledgerRow struct {
	state   engine.ActionState // never_heard: it was burned
	result  engine.Result
	message string
	ended   chan struct{} // closed when it is no longer running
}

func placeOf(ref engine.ActionRef) place { return place{ref.Node, ref.Service} }

// accept takes an action as under way. It returns the row of one that was seen before, or why the action is refused.
func (l *Ledger) accept(ref engine.ActionRef, fence int64) (row *ledgerRow, fresh bool, refusal string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row, p := l.rows[ref], placeOf(ref)
	switch {
	case row != nil && row.state == engine.ActionNeverHeard:
		return nil, false, "it was asked about before it came, and burned"
	case row != nil:
		return row, false, ""
	case fence < l.fences[ref.Node]:
		return nil, false, "a newer leader has been heard"
	case !ref.Above(l.highest[p]):
		return nil, false, "a newer action has been seen"
	}
	row = &ledgerRow{state: engine.ActionRunning, ended: make(chan struct{})}
	l.write(ref, row, fence)
	return row, true, ""
}

// write adds a row.
func (l *Ledger) write(ref engine.ActionRef, row *ledgerRow, fence int64) {
	if l.rows == nil {
		l.rows, l.highest, l.fences = map[engine.ActionRef]*ledgerRow{}, map[place]engine.EpochSeq{}, map[string]int64{}
	}
	l.rows[ref] = row
	if p := placeOf(ref); ref.Above(l.highest[p]) {
		l.highest[p] = ref.EpochSeq
	}
	l.fences[ref.Node] = max(l.fences[ref.Node], fence)
}

// end writes how an action ended.
func (l *Ledger) end(row *ledgerRow, result engine.Result, message string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	row.state, row.result, row.message = engine.ActionDone, result, message
	close(row.ended)
}

// ask is what is known of an action; one that was never heard of is burned in the same write. An older leader learns
// nothing and burns nothing.
func (l *Ledger) ask(ref engine.ActionRef, fence int64) (engine.ActionStatus, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if fence < l.fences[ref.Node] {
		return engine.ActionStatus{}, &engine.Error{Kind: engine.Conflict, Text: "ask what became of an action: a newer leader has been heard"}
	}
	row := l.rows[ref]
	if row == nil {
		row = &ledgerRow{state: engine.ActionNeverHeard}
		l.write(ref, row, fence)
	}
	return row.status(ref), nil
}

func (r *ledgerRow) status(ref engine.ActionRef) engine.ActionStatus {
	return engine.ActionStatus{Ref: ref, State: r.state, Result: r.result, Message: r.message}
}

// newest is the highest key that was seen of the service at the node.
func (l *Ledger) newest(ref engine.ActionRef) engine.EpochSeq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.highest[placeOf(ref)]
}

func (l *Ledger) status(ref engine.ActionRef, row *ledgerRow) engine.ActionStatus {
	l.mu.Lock()
	defer l.mu.Unlock()
	return row.status(ref)
}

// Highest are the newest keys that were seen at a node, in order of services (rule 3.3).
func (l *Ledger) Highest(node string) (out []engine.Highest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p, k := range l.highest {
		if p.node == node {
			out = append(out, engine.Highest{Service: p.service, EpochSeq: k})
		}
	}
	slices.SortFunc(out, func(a, b engine.Highest) int { return a.Service.Compare(b.Service) })
	return out
}

// reopen makes what was under way when its controller ended something that nobody can tell.
func (l *Ledger) reopen() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, row := range l.rows {
		if row.state == engine.ActionRunning {
			row.state = engine.ActionCannotTell
			close(row.ended)
		}
	}
}

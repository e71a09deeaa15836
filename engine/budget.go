package engine

import (
	"cmp"
	"slices"
	"time"
)

// The scopes of budgets, as the pack's table names them.
const (
	scopeService = "service"
	scopeNode    = "node"
	scopeGroup   = "group"
	scopeCell    = "cell"
)

const (
	unlimited = "unlimited"
	left      = "left"
	spent     = "spent"
)

// row is a disruptive action that budgets count: while it is in flight, and for the window from its intent (rule 8.3).
type row struct {
	v      *service
	node   string // where it is in flight
	at     Instant
	flying bool
}

// ledger is the rows of one scope, oldest first.
type ledger []*row

// ledgers are the rows by scope and name. They are made anew from the records at each election.
type ledgers map[[2]string]ledger

// scopes are the scopes that an action of a service at a node counts in.
func (e *Engine) scopes(v *service, node string) [][2]string {
	out := [][2]string{{scopeService, v.id.String()}, {scopeNode, node}, {scopeCell, ""}}
	if g := e.groupOf(v); g != "" {
		out = append(out, [2]string{scopeGroup, g})
	}
	return out
}

// spend enters an intent, with the row that is in flight for it; nil = none.
func (e *Engine) spend(v *service, x Intent, flies *Action) {
	r := &row{v: v, at: x.At}
	for _, key := range e.scopes(v, x.Node) {
		if _, limited := e.pack.Budgets[key[0]]; limited {
			l := append(e.rows[key].kept(e.now.Add(-e.longest())), r)
			slices.SortStableFunc(l, func(a, b *row) int { return cmp.Compare(a.at, b.at) })
			e.rows[key] = l
		}
	}
	if flies != nil {
		r.node, r.flying, e.flights[flies.ActionRef] = flies.Node, true, r
	}
}

// longest is the longest window of a budget.
func (e *Engine) longest() (most time.Duration) {
	for _, b := range e.pack.Budgets {
		most = max(most, b.Window)
	}
	return most
}

// kept are the rows that may still count.
func (l ledger) kept(since Instant) ledger {
	return slices.DeleteFunc(slices.Clone(l), func(r *row) bool { return !r.flying && r.at <= since })
}

// landed ends the flight of an action. Who waits for what this frees is settled again, in the queue's order.
func (e *Engine) landed(a *Action) {
	r := e.flights[a.ActionRef]
	delete(e.flights, a.ActionRef)
	if r != nil {
		r.flying = false
		e.touchDeferred() // also while its window lasts: nobody was to be woken at the end of that before
	}
}

// onward has the second row of a relocation go on with the flight of the first.
func (s *step) onward(v *service, from, to ActionRef) {
	if r := s.flights[from]; r != nil {
		delete(s.flights, from)
		r.node, s.flights[to] = to.Node, r
		v.edit().History = v.rec.History.After(Onward{from.EpochSeq, to.EpochSeq})
	}
}

// strayed wakes those that dispatch holds back when an action goes on where its service is not seen any more: budgets do
// not count its row (rule 8.3).
func (e *Engine) strayed(v *service) {
	was := v.strays
	v.strays = v.rec != nil && slices.ContainsFunc(v.rec.Slots, func(a *Action) bool { return v.silentAt(a.Node) })
	if v.strays && !was {
		e.touchDeferred()
	}
}

// touchDeferred has those settled that dispatch holds back.
func (e *Engine) touchDeferred() { e.touchHeld(e.busy) }

// touchHeld has those of some settled that dispatch holds back.
func (e *Engine) touchHeld(of map[*service]bool) {
	for v := range of {
		if v.rest != nil && v.rest.deferred != nil {
			e.touch(v)
		}
	}
}

// budget says how a budget stands, and asks to be woken when it is freed.
func (s *step) budget(key [2]string) string {
	how, until := s.stands(key)
	s.at(until)
	return how
}

// stands says how a budget stands and, when it is spent, at what time that ends; 0 = when an action in flight lands.
func (e *Engine) stands(key [2]string) (how string, until Instant) {
	b, limited := e.pack.Budgets[key[0]]
	if !limited || b.Limit <= 0 {
		return unlimited, 0
	}
	var counted []Instant // when each stops to count; 0 = when it lands
	for _, r := range e.rows[key] {
		switch until := r.at.Add(b.Window); {
		case r.flying && !r.v.silentAt(r.node):
			counted = append(counted, 0)
		case until > e.now:
			counted = append(counted, until)
		}
	}
	if len(counted) < b.Limit {
		return left, 0
	}
	slices.Sort(counted)
	return spent, counted[len(counted)-b.Limit]
}

// budgetHolds are the budgets that are spent of an action that dispatch holds back.
func (e *Engine) budgetHolds(v *service, add func(string, Instant, string)) {
	at := v.unrest().disrupts
	if at == "" {
		return
	}
	for _, key := range e.scopes(v, at) {
		if how, until := e.stands(key); how == spent {
			add("budget_spent", until, "the budget of its "+key[0]+" is spent")
		}
	}
}

// budgets fills in the facts of dispatch about budgets.
func (s *step) budgets(v *service, f *DispatchFacts, node string) {
	f.BudgetService, f.BudgetNode, f.BudgetGroup, f.BudgetCell = s.budget([2]string{scopeService, v.id.String()}), s.budget([2]string{scopeNode, node}), unlimited, s.budget([2]string{scopeCell, ""})
	if g := s.groupOf(v); g != "" {
		f.BudgetGroup = s.budget([2]string{scopeGroup, g})
	}
	f.GroupHealth = s.groupHealth(v)
}

// respend makes the ledgers anew, of the records and under the active pack.
func (e *Engine) respend() {
	e.rows, e.flights = ledgers{}, map[ActionRef]*row{}
	for _, v := range e.services {
		if v.rec == nil {
			continue
		}
		for _, x := range v.rec.History.Intents {
			var flies *Action
			if i := slices.IndexFunc(v.rec.Slots, func(a *Action) bool { return a.EpochSeq == x.EpochSeq }); i >= 0 {
				flies = v.rec.Slots[i]
			}
			e.spend(v, x, flies)
		}
	}
}

package enginetest

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"statemanager/engine"
)

// checker holds what happens against the rules that no policy, however wrong, may break. It works on copies, and keeps
// its own picture of what the daemon was told.
type checker struct {
	w        *World
	latest   map[engine.ResourceID][]byte // records as they were last saved or loaded
	handed   map[*engine.Record][]byte    // records that the engine gave out: they do not change
	phases   map[engine.ResourceID][]engine.Phase
	links    map[string]engine.AgentState          // of nodes, as the daemon was told
	left     map[engine.ResourceID]engine.Instant  // when its newest action left
	apart    map[engine.ActionRef]bool             // removals that have their own pace
	sent     map[engine.ResourceID]engine.EpochSeq // the highest that left
	keys     map[engine.NoticeKey]string
	paused   bool                                  // reconciliation is stopped
	spent    []*engine.Action                      // disruptive ones that left
	exits    map[engine.ResourceID]map[string]bool // node/instance that exited by itself
	crashes  map[engine.ResourceID]int             // counted in the life of its record
	resolved map[engine.EpochSeq]bool              // actions that a human has ended
}

func newChecker(w *World) *checker {
	return &checker{w: w, left: map[engine.ResourceID]engine.Instant{}, apart: map[engine.ActionRef]bool{}, sent: map[engine.ResourceID]engine.EpochSeq{}, keys: map[engine.NoticeKey]string{},
		exits: map[engine.ResourceID]map[string]bool{}, crashes: map[engine.ResourceID]int{}, resolved: map[engine.EpochSeq]bool{}}
}

// began forgets what the last daemon knew.
func (c *checker) began(st engine.State) {
	c.latest, c.handed, c.links = map[engine.ResourceID][]byte{}, map[*engine.Record][]byte{}, map[string]engine.AgentState{}
	c.paused = st.Cell != nil && st.Cell.Paused != 0
	for _, r := range st.Records {
		c.latest[r.ID] = encode(r)
	}
}

// mostOwed bounds the effects of a step: of a world of a few services, not of the engine.
const mostOwed = 150

// stepped looks at one step as a whole.
func (c *checker) stepped(ev engine.Event, fx engine.Effects) {
	if a, ok := ev.(engine.AgentChanged); ok && a.State != engine.AgentInfo {
		c.links[a.Node] = a.State
	}
	if n := len(fx.Save) + len(fx.History) + len(fx.Report) + len(fx.Dispatch) + len(fx.Inquire) + len(fx.Observe) + len(fx.Notify); n > mostOwed {
		c.w.fault("a step owes %d effects", n)
	}
	if fx.SaveCell != nil {
		c.paused = fx.SaveCell.Paused != 0
	}
	c.frozen()
	c.moved(fx)
	for _, a := range fx.Dispatch {
		c.intended(a, fx)
	}
	for _, r := range fx.Save {
		c.saved(r)
	}
}

// frozen: a record that was given out is never changed again.
func (c *checker) frozen() {
	for r, b := range c.handed {
		if !bytes.Equal(b, encode(r)) {
			c.w.fault("the record of %s changed after it was given out", r.ID)
			delete(c.handed, r)
		}
	}
}

// moved keeps the phases that each service was in during a step.
func (c *checker) moved(fx engine.Effects) {
	c.phases = map[engine.ResourceID][]engine.Phase{}
	for _, x := range fx.History {
		if x.Event == nil || x.Event.Type != engine.EventPhase {
			continue
		}
		for _, ch := range x.Event.Changes {
			if ch.Field == "phase" {
				c.phases[x.Service] = append(c.phases[x.Service], engine.Phase(ch.Old), engine.Phase(ch.New))
			}
		}
	}
	for _, r := range fx.Save {
		c.phases[r.ID] = append(c.phases[r.ID], r.Phase)
	}
}

// saved looks at a record that the engine wants saved.
func (c *checker) saved(r *engine.Record) {
	old := c.previous(r.ID)
	c.handed[r], c.latest[r.ID] = encode(r), encode(r)
	if r.Gone {
		delete(c.latest, r.ID)
		c.spent = slices.DeleteFunc(c.spent, func(a *engine.Action) bool { return a.Service == r.ID })
		return
	}
	if !slices.Contains(engine.Phases, r.Phase) {
		c.w.fault("%s is in the phase %q", r.ID, r.Phase)
	}
	nodes := map[string]bool{}
	for _, a := range r.Slots {
		if nodes[a.Node] {
			c.w.fault("%s has two actions in flight at %s (rule 3.4)", r.ID, a.Node)
		}
		nodes[a.Node] = true
	}
	if r.Desired != nil {
		if want := r.Over.Apply(r.Desired.Spec); !want.Equal(r.Spec) {
			c.w.fault("%s: the effective spec %s is not desired with overrides %s (rule 1.3)", r.ID, specText(r.Spec), specText(&want))
		}
		if p := r.Over.Pair; p != nil && !p.Equal(r.LastGood) && (old == nil || !p.Equal(old.Over.Pair)) {
			c.w.fault("%s: a pair is made that is not last_good (rule 1.6)", r.ID)
		}
	}
	if old != nil && old.Desired != nil && (!r.Over.Pair.Equal(old.Over.Pair) && r.Over.Pair != nil || r.Over.Node != "" && r.Over.Node != old.Over.Node || r.Over.Isolated && !old.Over.Isolated) && r.Seq == old.Seq && r.Hold == old.Hold {
		c.w.fault("%s: an override is saved without the intent that needs it (rule 1.3)", r.ID)
	}
	if old != nil && r.Desired != nil && (r.Rev < old.Rev || r.Rev == old.Rev && !r.Spec.Equal(old.Spec)) {
		c.w.fault("%s: the spec changed and its revision went from %d to %d (rule 1.3)", r.ID, old.Rev, r.Rev)
	}
	if old != nil && (engine.EpochSeq{Epoch: old.Epoch, Seq: old.Seq}).Above(engine.EpochSeq{Epoch: r.Epoch, Seq: r.Seq}) {
		c.w.fault("%s: its seq went from %d.%d to %d.%d (rule 3.1)", r.ID, old.Epoch, old.Seq, r.Epoch, r.Seq)
	}
}

func (c *checker) previous(id engine.ResourceID) *engine.Record {
	if b, ok := c.latest[id]; ok {
		return decode[engine.Record](b)
	}
	return nil
}

// intended looks at an action in the step that made it; latest is still what was before the step.
func (c *checker) intended(a *engine.Action, fx engine.Effects) {
	w, old := c.w, c.previous(a.Service)
	pack := w.policy.active().pack
	kind := cmp.Or(a.For, a.Kind) // a relocation is two rows with one verdict (rule 4.2)
	if pack.Row(kind) == nil {
		w.fault("%s is not in the table of actions", actionText(a))
	}
	phases := c.phases[a.Service]
	if old != nil {
		phases = append(phases, old.Phase)
	}
	second := old != nil && slices.ContainsFunc(old.Slots, func(x *engine.Action) bool { return x.State == engine.SlotMoving })
	if !second && !slices.ContainsFunc(phases, func(p engine.Phase) bool { return pack.Allowed[p][kind] }) {
		w.fault("%s is dispatched in %v, which refuse it", actionText(a), phases)
	}
	if c.links[a.Node] != engine.AgentSynced {
		w.fault("%s is dispatched to a node that is %s (rules 6.1, 7.1)", actionText(a), c.links[a.Node])
	}
	if old != nil {
		for _, x := range old.Slots {
			if x.Node == a.Node && x.State != engine.SlotVerifying && x.State != engine.SlotMoving && x.ActionRef != a.ActionRef && !resolved(fx, x) {
				w.fault("%s is dispatched while %s is %s (rule 3.4)", actionText(a), actionText(x), x.State)
			}
		}
		if old.Over.Isolated && isolatedStill(fx, a.Service) && a.Kind != engine.Stop && a.Kind != engine.Remove {
			w.fault("%s is dispatched to an isolated service (rule 4.2)", actionText(a))
		}
	}
	c.apart[a.ActionRef] = c.elsewhere(fx, a)
	if a.Row.Disruptive && w.decider == engine.Decider(w.policy) { // that pack defers what is spent
		c.budgeted(a, "service", pack.Budgets["service"], func(x *engine.Action) bool { return x.Service == a.Service })
		c.budgeted(a, "node", pack.Budgets["node"], func(x *engine.Action) bool { return x.Node == a.Node })
	}
	if c.paused {
		w.fault("%s is dispatched while reconciliation is stopped", actionText(a))
	}
	if a.Kind == engine.Create || a.Kind == engine.Start || a.Kind == engine.Relocate {
		c.alone(a)
	}
}

// dispatched looks at what leaves: it is durable, and new.
func (c *checker) dispatched(a *engine.Action) {
	r := c.w.store.record(a.Service)
	if r == nil || !slices.ContainsFunc(r.Slots, func(x *engine.Action) bool { return x.ActionRef == a.ActionRef && x.Kind == a.Kind }) {
		c.w.fault("%s leaves before its intent is durable", actionText(a))
	}
	if !a.Above(c.sent[a.Service]) {
		c.w.fault("%s leaves after #%d (rule 3.1)", actionText(a), c.sent[a.Service].Seq)
	}
	c.sent[a.Service] = a.EpochSeq
	if last, ok := c.left[a.Service]; ok && c.w.now.Sub(last) < time.Second && !c.apart[a.ActionRef] {
		c.w.fault("%s leaves %s after the last one (rule 8.2)", actionText(a), c.w.now.Sub(last))
	}
	c.left[a.Service] = c.w.now
	if a.Row.Disruptive {
		c.spent = append(c.spent, a)
	}
}

// notified looks at a notice that leaves: its key is its own, and its row is durable.
func (c *checker) notified(n engine.Notice) {
	text := fmt.Sprint(n.At, n.Code, n.Alert, n.Text)
	if was, ok := c.keys[n.Key]; ok && was != text {
		c.w.fault("the key of %s was another notice's (rule 3.6)", noticeText(n))
	}
	c.keys[n.Key] = text
	var outbox []engine.Notice
	if n.Key.Service == (engine.ResourceID{}) {
		if c.w.store.cell != nil {
			outbox = decode[engine.Cell](c.w.store.cell).Outbox
		}
	} else if r := c.w.store.record(n.Key.Service); r != nil {
		outbox = r.Outbox
	}
	if !slices.ContainsFunc(outbox, func(x engine.Notice) bool { return x.Key == n.Key }) {
		c.w.fault("%s leaves before its row is durable (rule 3.6)", noticeText(n))
	}
}

// accepted: a controller is handed no second action of a service before the first has ended (rule 3.4).
func (c *checker) accepted(n *node, a *engine.Action) {
	for ref, r := range n.rows {
		if ref.Service == a.Service && !r.done && !c.resolved[ref.EpochSeq] { // unless a human has said that it is not
			c.w.fault("%s is carried out while #%d is under way there (rule 3.4)", actionText(a), ref.Seq)
		}
	}
}

// exited keeps what exited by itself: only that is a crash.
func (c *checker) exited(id engine.ResourceID, node, instance string) {
	if c.exits[id] == nil {
		c.exits[id] = map[string]bool{}
	}
	c.exits[id][node+"/"+instance] = true
}

// stored: no crash is counted twice in the life of a record, which is what remembers it (rule 5.6).
func (c *checker) stored(old, now *engine.Record) {
	if now == nil {
		return
	}
	seen := map[engine.Exited]bool{}
	for _, x := range now.History.Exited {
		if seen[x] {
			c.w.fault("%s keeps the exit of %s twice (rule 5.6)", now.ID, x.ID)
		}
		seen[x] = true
	}
	if old == nil {
		c.crashes[now.ID] = 0
	}
	c.crashes[now.ID] += len(grown(old, now))
	if n := len(c.exits[now.ID]); c.crashes[now.ID] > n {
		c.w.fault("%s: %d crashes counted, %d instances exited by themselves (rule 5.6)", now.ID, c.crashes[now.ID], n)
		c.crashes[now.ID] = n
	}
}

// grown are the crashes that a save adds.
func grown(old, now *engine.Record) (out []engine.Crash) {
	left := map[engine.Crash]int{}
	if old != nil {
		for _, x := range old.History.Crashes {
			left[x]++
		}
	}
	for _, x := range now.History.Crashes {
		if left[x]--; left[x] < 0 {
			out = append(out, x)
		}
	}
	return out
}

package enginetest

import (
	"slices"

	"statemanager/engine"
)

// budgeted: no more disruptive actions begin within a window than the budget has (rule 8.3).
func (c *checker) budgeted(a *engine.Action, scope string, b engine.Budget, counts func(*engine.Action) bool) {
	n := 0
	for _, x := range c.spent {
		if counts(x) && c.w.now < x.StartedAt.Add(b.Window) {
			n++
		}
	}
	if b.Limit > 0 && n >= b.Limit {
		c.w.fault("%s is dispatched when the budget of its %s is spent (rule 8.3)", actionText(a), scope)
	}
}

// alone: a service is never started at two nodes at once, unless a fence has passed. What nobody asked for is no matter.
func (c *checker) alone(a *engine.Action) {
	for _, name := range c.w.names() {
		n := c.w.nodes[name]
		for _, p := range n.processes[a.Service] {
			if name != a.Node && !p.foreign && p.state != engine.InstanceExited {
				c.w.fault("%s is dispatched while %s runs at %s (rule 6.3)", actionText(a), p.id, name)
			}
		}
	}
}

// resolved: the step that dispatches has ended the older action.
func resolved(fx engine.Effects, x *engine.Action) bool {
	for _, r := range fx.Save {
		if r.ID == x.Service {
			return !slices.ContainsFunc(r.Slots, func(a *engine.Action) bool { return a.ActionRef == x.ActionRef })
		}
	}
	return false
}

func isolatedStill(fx engine.Effects, id engine.ResourceID) bool {
	return slices.ContainsFunc(fx.Save, func(r *engine.Record) bool { return r.ID == id && r.Over.Isolated })
}

// elsewhere: a removal where the service is not wanted has its own pace (rule 5.5), and holds up nothing at home.
func (c *checker) elsewhere(fx engine.Effects, a *engine.Action) bool {
	for _, r := range fx.Save {
		if r.ID == a.Service {
			return len(r.Slots) > 1 || r.Desired == nil || r.Spec.Node != a.Node
		}
	}
	return false
}

package engine

import "slices"

// Condition is one of the standing conditions of a service: the design document's ServiceCondition.
type Condition struct {
	Type   ConditionType
	Status ConditionStatus
	Reason string // a word
	Text   string // for a human
	Since  Instant
}

// ConditionType is a closed list.
type ConditionType string

// The conditions.
const (
	Available   ConditionType = "Available"   // an instance is ready, as last seen, at a node that is not silent (rule 1.5)
	Progressing ConditionType = "Progressing" // an action is under way, or planning has something to do
	Recovering  ConditionType = "Recovering"  // there is a ladder that was not given up
)

// ConditionStatus is a closed list.
type ConditionStatus string

// The states of a condition. Unknown: nobody sees the service.
const (
	ConditionTrue    ConditionStatus = "True"
	ConditionFalse   ConditionStatus = "False"
	ConditionUnknown ConditionStatus = "Unknown"
)

// conditions are derived from the same facts as settle derives what is owed.
func (v *service) conditions() []Condition {
	return []Condition{v.availability(), v.progress(), v.recovering()}
}

func (v *service) availability() Condition {
	c := Condition{Available, ConditionFalse, "not_ready", "no instance is ready", v.changed}
	switch {
	case v.isAvailable():
		c.Status, c.Reason, c.Text = ConditionTrue, "ready", "an instance is ready"
	case v.silentAt(v.home()):
		c.Status, c.Reason, c.Text = ConditionUnknown, "silent", "its node, or its agent, does not see it"
	}
	return c
}

func (v *service) progress() Condition {
	c := Condition{Progressing, ConditionFalse, "as_wanted", "nothing is to be done", v.rec.CondAt}
	switch a, deferred := v.here(), v.unrest().deferred; {
	case a != nil:
		c.Status, c.Reason, c.Text, c.Since = ConditionTrue, string(a.Kind), string(a.Kind)+" is under way", a.StartedAt
	case deferred != nil:
		c.Reason, c.Text = "deferred", "the next action is held back"+sentences(deferred)
	case v.unwell():
		c.Reason, c.Text = "differs", "it differs from what is wanted"
	case len(v.rec.Slots) > 0 || slices.ContainsFunc(v.rec.Away, func(x Away) bool { return !v.wantedAt(x.Node) }):
		c.Status, c.Reason, c.Text = ConditionTrue, "elsewhere", "it is not gone from another node yet"
	}
	return c
}

func (v *service) recovering() Condition {
	c := Condition{Recovering, ConditionFalse, "well", "no recovery is under way", v.rec.CondAt}
	switch l := v.rec.Ladder; {
	case l == nil:
	case l.State == LadderClosed:
		c.Reason, c.Text, c.Since = "gave_up", "recovery gave up on "+l.Issue+sentences(l.Why), l.Closed
	default:
		c.Status, c.Reason, c.Text, c.Since = ConditionTrue, l.Issue, "recovery of "+l.Issue+" is "+string(l.State), l.Opened
	}
	return c
}

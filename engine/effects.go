package engine

import (
	"errors"
	"slices"
)

// Effects is what a step owes, in the order in which it is owed. All of it is immutable.
type Effects struct {
	Save     []*Record    // durable BEFORE anything below leaves the process; Gone ones are removed
	SaveCell *Cell        // the same, for the cell's record; nil = unchanged
	History  []Entry      // events and decisions of this step, in the same transaction: subscribers are told what is stored
	Report   []SpecSet    // effective specs, to a NodeAgent
	Dispatch []*Action    // to an ActionController
	Inquire  []ActionRef  // GetAction: what became of it?
	Observe  []ServiceRef // GetStateDiff, uncached: is it well?
	Notify   []Notice     // outbox rows, to the MonitoringServer
	Reply    []Reply      // to who gave a command
	WakeAt   Instant      // the earliest deadline of the whole engine; replaces the last one; 0 = none
}

// SpecSet is what one agent is told: single specs, or all of its node.
type SpecSet struct {
	Node  string
	Whole bool // what is not in it is to be forgotten
	Specs []SpecUpdate
}

// SpecUpdate is an effective spec with its revision and phase; Spec nil = forget it.
type SpecUpdate struct {
	Service ResourceID
	Rev     int64
	Phase   Phase
	Spec    *Spec
}

// ServiceRef is a service at a node, and when the question about it was put.
type ServiceRef struct {
	Node    string
	Service ResourceID
	Asked   Instant
}

// Reply answers a Command once what it changed is durable.
type Reply struct {
	ID   int64
	Kind ErrorKind // "" = done
	Text string    // what was done or why not, for a human
	// Service is the service that the command was for: the reply waits for its record.
	Service ResourceID
}

// ErrorKind is the kind of an error at a seam.
type ErrorKind string

// The kinds.
const (
	Invalid     ErrorKind = "invalid"
	NotFound    ErrorKind = "not_found"
	Conflict    ErrorKind = "conflict"
	Unavailable ErrorKind = "unavailable"
	Denied      ErrorKind = "refused"
)

// Error is an error with a kind.
type Error struct {
	Kind ErrorKind
	Text string
}

// Error is the text; the kind travels beside it.
func (e *Error) Error() string { return e.Text }

// KindOf is the kind of an error; "" if it has none.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}

// EventType is what a StateEvent tells of: a closed list.
type EventType string

// The types of events.
const (
	EventDesired       EventType = "desired_changed"
	EventDiff          EventType = "difference_seen"
	EventPhase         EventType = "phase_changed"
	EventIssue         EventType = "issue_opened"
	EventActionStarted EventType = "action_started"
	EventActionEnded   EventType = "action_ended"
	EventDeferred      EventType = "action_deferred"
	EventRefused       EventType = "answer_refused"
	EventGaveUp        EventType = "recovery_gave_up"
	EventRetried       EventType = "recovery_retried"
	EventResolved      EventType = "action_resolved"
	EventPlan          EventType = "plan_made"
	EventPaused        EventType = "reconciliation_paused"
	EventResumed       EventType = "reconciliation_resumed"
	EventStable        EventType = "service_stable"
	EventRemoved       EventType = "service_removed"
	EventLeftAlone     EventType = "left_alone"
	EventNotice        EventType = "notice_raised"
	EventNode          EventType = "node_changed"
	EventPack          EventType = "pack_activated"
	EventEpoch         EventType = "epoch_raised"
)

// EventTypes are all types of events.
var EventTypes = []EventType{
	EventDesired, EventDiff, EventPhase, EventIssue, EventActionStarted, EventActionEnded,
	EventDeferred, EventRefused, EventGaveUp, EventRetried, EventResolved, EventPlan, EventPaused,
	EventResumed, EventStable, EventRemoved, EventLeftAlone, EventNotice, EventNode,
	EventPack, EventEpoch,
}

// EventSource is who caused an event: a closed list.
type EventSource string

// The sources.
const (
	SourceOperator   EventSource = "operator"
	SourceAgent      EventSource = "node_agent"
	SourceController EventSource = "action_controller"
	SourcePolicy     EventSource = "policy"
	SourceEngine     EventSource = "engine"
)

// EventSources are all sources of events.
var EventSources = []EventSource{SourceOperator, SourceAgent, SourceController, SourcePolicy, SourceEngine}

// lateAnswer marks the event of an answer that came when its action was over.
var lateAnswer = Field{"late", "true"}

// StateEvent is a change worth telling: what changed, when, and who caused it.
type StateEvent struct {
	At       Instant
	Service  ResourceID // zero = the cell's
	Type     EventType
	Source   EventSource
	Changes  []FieldChange
	Metadata []Field // in order of names
}

// EndsAction says whether an event tells of the end of an action. What a controller says of one whose end was told before is
// recorded, and is no end.
func (e *StateEvent) EndsAction() bool {
	return e.Type == EventActionEnded && !slices.Contains(e.Metadata, lateAnswer)
}

// FieldChange is one field that changed; values of a configuration are never among them.
type FieldChange struct{ Field, Old, New string }

// Entry is a line of the stored history: an event, or a decision.
type Entry struct {
	At       Instant
	Service  ResourceID // zero = the cell's
	Event    *StateEvent
	Decision *Decided
}

// Decided is a decision as it is kept: what was asked, the answer, and why.
type Decided struct {
	Entrypoint string // such as recovery.decision
	Revision   string // of the pack
	Node       string // that it was about
	Facts      []Field
	Answer     []Field
	Reasons    []Reason
	Rules      []Place // of the rules that made it
	FailSafe   string  // cause; the answer is then the fail-safe one
}

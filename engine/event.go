package engine

import "time"

// Event is something that happened. Its time is an argument of Step.
type Event interface{ event() }

// DiffSeen is an observation: from the stream, or the answer to a question (Effects.Observe).
type DiffSeen struct {
	Diff  StateDiff
	Asked Instant // when it was asked for; 0 = from the stream
}

// AgentState is what is known of the link to a node's agent.
type AgentState string

// What an adapter reports of a link. Silence of a lost one is the engine's own timer (rule 2.4).
const (
	AgentConnected AgentState = "connected" // its stream opened; the whole set of specs is owed
	AgentSynced    AgentState = "synced"    // its full set of observations has been seen
	AgentBlind     AgentState = "blind"     // it cannot see its node: the full set is owed anew (rule 2.3)
	AgentInfo      AgentState = "info"      // its NodeInfo changed
	AgentLost      AgentState = "lost"      // its stream ended
	AgentSilent    AgentState = "silent"    // nothing was heard for node_timeout
)

// AgentChanged is a change of the link to an agent.
type AgentChanged struct {
	Node    string
	State   AgentState
	Start   int64    // names the stream (Counter.Start), with connected, synced and blind
	Info    NodeInfo // with connected and info
	Highest []Highest
}

// Highest is the newest action that a controller has seen of a service (rule 3.3).
type Highest struct {
	Service ResourceID
	EpochSeq
}

// DesiredChanged is a change of a desired key.
type DesiredChanged struct {
	Service ResourceID
	Desired *Desired // nil = deleted
}

// ActionState is what a controller knows of an action (rule 3.5).
type ActionState string

// The states of an action, and what the runner says when no answer came.
const (
	ActionDone       ActionState = "done"
	ActionRunning    ActionState = "running"
	ActionNeverHeard ActionState = "never_heard"
	ActionCannotTell ActionState = "cannot_tell"
	ActionNoAnswer   ActionState = "no_answer" // within the deadline of the call: unknown, not failed
)

// ActionStatus is what became of an action.
type ActionStatus struct {
	Ref     ActionRef
	State   ActionState
	Result  Result   // with done
	Message string   // the controller's own words
	Highest EpochSeq // with a refusal: the highest seen (rule 3.3)
}

// NoticeAccepted says that the MonitoringServer has taken a notice.
type NoticeAccepted struct {
	Service ResourceID // zero = the cell's
	Key     NoticeKey
}

// Tick says that time has passed: Effects.WakeAt has come.
type Tick struct{}

// Verb is what an operator asks of a service.
type Verb string

// The verbs.
const (
	VerbRetry   Verb = "retry"   // start recovery afresh (rule 1.4)
	VerbResolve Verb = "resolve" // say what became of an action that nobody can tell (rule 3.5)
	VerbPause   Verb = "pause"   // of the cell: nothing but notify is sent until resume
	VerbResume  Verb = "resume"  // of the cell
)

// Command is an operator's request; its answer is a Reply with the same ID.
type Command struct {
	ID        int64
	Service   ResourceID
	Verb      Verb
	Overrides bool     // retry: drop all overrides
	Key       EpochSeq // resolve: the action
	As        Result   // resolve: succeeded, failed or never_ran
}

// FactsChanged carries all site facts that are set.
type FactsChanged struct{ Site map[string]string }

// PackActivated says that a pack has passed all gates and is stored.
type PackActivated struct{ Pack *Pack }

// AlertRaised asks for an alert that others than the engine have cause for: a pack that was refused, a node's wrong id.
type AlertRaised struct {
	Code string  // closed list: see Alerts
	Args []Field // said in the sentence
}

func (DiffSeen) event()       {}
func (AgentChanged) event()   {}
func (DesiredChanged) event() {}
func (ActionStatus) event()   {}
func (NoticeAccepted) event() {}
func (Tick) event()           {}
func (Command) event()        {}
func (FactsChanged) event()   {}
func (PackActivated) event()  {}
func (AlertRaised) event()    {}

// State is what an election finds in the store, and what the configuration says.
type State struct {
	Now         Instant
	NodeTimeout time.Duration // until a node that is not heard is silent (rule 2.4)
	Resend      bool          // cannot_tell: send it again as a new row, instead of asking a human (rule 3.5)
	Nodes       []string      // configured
	Pack        *Pack
	Site        map[string]string
	Cell        *Cell
	Records     []*Record
	Desired     map[ResourceID]Desired
	// Held are the services whose stored record cannot be read. Nothing is decided for them, and nothing of them goes to
	// an agent: their instances run on, since an agent stops nothing by itself; it only ceases to compare them.
	Held []ResourceID
}

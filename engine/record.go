package engine

import "time"

// Record is all that is durable about a service. One that was saved is never changed again: a step works on a copy.
type Record struct {
	ID       ResourceID
	Gone     bool // to be removed from the store
	Desired  *Desired
	Spec     *Spec // effective; of a deleted service the last
	Over     Overrides
	Rev      int64 // spec revision (rule 1.3)
	Seq      int64 // of its newest action or notice (rule 3.1)
	Epoch    int64 // under which that was made
	NeverRan int32 // in a row
	Plans    int32 // planned actions since stable
	Phase    Phase
	Standing Trigger // the condition that transition was last asked about
	Reviewed string  // revision of the pack that was then asked
	SpecAt   Instant // the last change of the desired spec
	PhaseAt  Instant
	CondAt   Instant // when the standing condition became what it is
	LastGood *Pair
	History  History
	Ladder   *Ladder
	Slots    []*Action // actions in flight, in order of nodes: one a node (rule 3.4)
	Acted    []string  // instances of the last action: their late exit is no crash (rule 4.2)
	Away     []Away
	Outbox   []Notice
	Plan     *Plan    // the newest of its home; nil = none yet
	Hold     Timer    // a second after a result
	Told     []uint64 // hashes of the facts for which the answer could not be (rule 4.3)
	Unknown  []byte   // fields that a newer version has stored: kept
}

// Cell is what is durable about the cell as a whole.
type Cell struct {
	Epoch    int64
	Revision string // of the active pack
	N        int64  // of its newest alert
	Outbox   []Notice
	Silent   []string     // nodes whose silence has been alerted, and `*` while that of most of them has, in order
	Paused   Instant      // since when reconciliation is stopped: nothing but notify is sent; 0 = it is not
	Nodes    []NodeRecord // what nodes have said of themselves that does not change by itself, in order of ids
	Unknown  []byte
}

// NodeRecord is what a node has said of itself that does not change by itself (rule 2.5).
type NodeRecord struct {
	ID       string
	Labels   map[string]string
	Capacity uint32
	Fence    Fence
}

// LadderState says how recovery stands (rule 5.2). No choice is stored (rule 5.3).
type LadderState string

// The states of a ladder.
const (
	LadderOpen   LadderState = "open"
	LadderIdle   LadderState = "idle"   // its last action worked, or planning is asked again
	LadderClosed LadderState = "closed" // given up, until stable, a new generation or retry
)

// Ladder is the recovery under way.
type Ladder struct {
	Issue  string // that opened it
	State  LadderState
	Opened Instant
	Base   Instant       // the issue or the last result: a back-off counts from it
	Closed Instant       // when it was given up
	Why    []Reason      // for which it was given up
	Ran    time.Duration // how long the service had been well before the issue
}

// Away is the back-off of actions that end the service at a node where it is not wanted, or is isolated (rule 5.5).
type Away struct {
	Node  string
	Tries int
	Hold  Timer
}

// ActionRef is the key of an action (rule 3.1), and its node.
type ActionRef struct {
	Node    string
	Service ResourceID
	EpochSeq
}

// SlotState is how far an action is.
type SlotState string

// The states of an action in its slot.
const (
	SlotIntent    SlotState = "intent"    // durable, sent or about to be
	SlotUnknown   SlotState = "unknown"   // no answer: the controller is asked (rule 3.5)
	SlotVerifying SlotState = "verifying" // an outcome is durable, what is seen decides (rule 4.1)
	SlotMoving    SlotState = "moving"    // first row of a relocation: it was seen gone, the second row is owed (rule 4.2)
)

// ended says whether the outcome of an action is known: what its controller says later is ignored.
func (a *Action) ended() bool { return a.State == SlotVerifying || a.State == SlotMoving }

// Action is an action in flight: the intent as it was saved, and how far it is.
type Action struct {
	ActionRef
	Kind      ActionKind
	For       ActionKind // relocate, on both of its rows
	By        By
	Wanted    Wanted   // of planning's: why it was asked
	Instances []string // that it acts on
	Known     []string // at the intent: any other instance is new (rule 4.2)
	Want      uint32   // new ones that must run
	Row       ActionRow
	Spec      *Spec // effective
	Rev       int64
	Target    string // of relocate
	StartedAt Instant
	State     SlotState
	Result    Result // what the controller said
	Message   string // in its own words
	ResultAt  Instant
	Deadline  Timer // unknown: the next question; verifying: Within
	Asked     int   // how often
	UnknownAt Instant
	Over      bool // superseded: resolve it, then forget it
	// CannotTell: its controller does not know what became of it, so a human is asked (rule 3.5).
	CannotTell bool
}

// NoticeKey identifies a notice: equal on resend, different in the next episode (rule 3.6).
type NoticeKey struct {
	Service ResourceID // zero = the cell's
	EpochSeq
}

// Notice is a row of an outbox: sent until the MonitoringServer has accepted it.
type Notice struct {
	Key     NoticeKey
	At      Instant
	Code    string // the issue of a policy's notice; the code of an engine's alert
	Alert   bool   // the engine's, not policy's
	Text    string // for a human
	Reasons []Reason
	Tries   int   // not stored: how often it was sent by this process
	Retry   Timer // not stored
}

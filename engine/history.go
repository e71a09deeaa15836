package engine

import "time"

// History is what happened to a service, raw: counts are taken when policy is asked, and saturate then (rule 5.7).
// Lists hold the newest last and are bounded.
type History struct {
	Attempts []Attempt
	Crashes  []Crash
	Moves    []Instant // phase changes
	Intents  []Intent  // disruptive ones, for budgets
	Exited   []Exited  // instances that are still reported as exited: each is counted once (rule 5.6)
}

// Attempt is an action that counts.
type Attempt struct {
	Kind   ActionKind
	Result Result
	At     Instant
	Node   string
	By     By
}

// Crash is an exit that no action of ours caused.
type Crash struct {
	At      Instant
	Version string
	Ran     time.Duration // how long it had been well
	Apart   bool          // a dependency was down: counted apart
}

// Intent is a disruptive action, by its key.
type Intent struct {
	At   Instant
	Node string
	EpochSeq
}

// Exited is an instance that has been counted.
type Exited struct{ Node, ID string }

package engine

import "time"

// The constants of the engine (rule 8.2): what no policy and no configuration changes.
const (
	afterResult  = time.Second      // from a result to the next action of a service
	inquireFirst = 2 * time.Second  // GetAction is asked again, doubling
	inquireMost  = time.Minute      // up to this
	stuckAfter   = 2 * time.Minute  // an unknown action is then the issue action_stuck
	observeAgain = 5 * time.Second  // GetStateDiff, while no answer came
	askAgain     = 10 * time.Second // after a fail-safe answer
	maxPlans     = 10               // planned actions until no_progress
	noticeFirst  = time.Second      // a notice is sent again, doubling
	noticeMost   = time.Minute      // up to this
	removeFirst  = time.Second      // between removals at a node, or stops of what is isolated, doubling (rule 5.5)
	removeMost   = time.Minute      // up to this
	neverRanMost = 3                // never_ran in a row counts as failed (rule 4.3)
	driftPart    = 10               // a clock may be wrong by this part of a fence's length
	jitterPart   = 10               // jitter is up to this part of `after`

	syncedMost  = 6                   // node timeouts from connecting to SYNCED, however much is heard meanwhile
	pushAgain   = time.Second         // between pushes of a spec that the agent does not answer to
	pauseAfter  = time.Second         // of a service that did not settle
	maxAdvances = 30                  // in one settle of a service
	maxSettled  = 64                  // services settled in a step
	maxNamed    = 5                   // instances that a notice names
	maxOutbox   = 16                  // notices of a service that wait; recovery waits for room
	maxAlerts   = 256                 // alerts of the cell that wait
	maxTold     = 16                  // facts remembered for which the answer could not be
	maxAfter    = 30 * 24 * time.Hour // the longest back-off that an answer may name
)

// MaxEpoch is the highest epoch that a controller can have seen: the creation of a store in the year 2116, in Unix
// nanoseconds. So no epoch above it is ever made.
const MaxEpoch = 1 << 62

// The bounds at which counts saturate when policy is asked (rule 5.7).
const (
	MaxTries   = 20
	MaxFigures = 50
)

// doubled is first, doubled n times, at most most.
func doubled(first time.Duration, n int, most time.Duration) time.Duration {
	return min(first<<min(n, 20), most)
}

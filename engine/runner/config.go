package runner

import (
	"cmp"
	"time"

	"github.com/hashicorp/go-hclog"

	"statemanager/engine"
)

// Store is all that is kept of a cell.
type Store interface {
	Recorder
	Desires
	Site
	Packs
}

// Config is what a runner is made of. Fields without "optional" are required.
type Config struct {
	// Store is the cell's memory.
	Store Store
	// Fence is the leader's revision: controllers refuse an older one (rule 3.1).
	Fence int64
	// Deposed is closed when another leads the cell. Optional.
	Deposed <-chan struct{}
	// Agents and Controllers are the links to the configured nodes, by node.
	Agents      map[string]Agent
	Controllers map[string]Controller
	// Monitor takes notices.
	Monitor Monitor
	// Decider answers the engine's questions. It is called by the loop's goroutine alone.
	Decider engine.Decider
	// Keeper chooses the pack to begin with.
	Keeper Keeper
	// NodeTimeout is how long a node may be unheard until it is silent (rule 2.4). Zero is 10 s.
	NodeTimeout time.Duration
	// Resend sends an action again, as a new row, that its controller cannot tell of (rule 3.5).
	Resend bool
	// Log takes one line an event. Optional.
	Log hclog.Logger
	// Clock tells the time. Optional: Boottime of this machine.
	Clock Clock
}

// The runner's own bounds.
const (
	maxInbox    = 1024             // events that wait for the loop; then those who post wait
	maxHeld     = 10_000           // effects and entries of the history that wait for a save; then no event is taken
	maxBurst    = 64               // events taken before saves and queries have their turn
	maxRecords  = 120              // records in a batch: a transaction has 128 operations
	maxEntries  = 400              // entries of history in a batch, unless a single service has more: they fit into 1 MiB
	maxSaves    = 4                // batches in flight
	maxExecute  = 64               // actions in flight at a node
	maxAsk      = 16               // questions in flight at a node, and notices
	maxHistory  = 20_000           // entries in memory
	maxBehind   = 1024             // transactions that a subscriber may be behind
	sayWhere    = 256              // transactions without anything for a subscriber, until it is told where it stands
	metricsEach = 30 * time.Second // between two messages of figures
	callMargin  = 2 * time.Second  // the call of an action lasts longer than the action (rule 8.2)
	askTimeout  = 5 * time.Second  // of every other call
	saveTimeout = 10 * time.Second // of a transaction
	stopTimeout = 10 * time.Second
	retryFirst  = 250 * time.Millisecond // until the store is tried again, doubling
	retryMost   = 5 * time.Second        // up to this
	sayAgain    = time.Minute            // between log lines about the same trouble
	maxSleep    = 5 * time.Second        // Go's timers do not count suspension: look at the clock so often
)

func (c Config) withDefaults() Config {
	c.NodeTimeout = cmp.Or(c.NodeTimeout, 10*time.Second)
	if c.Log == nil {
		c.Log = hclog.NewNullLogger()
	}
	if c.Clock == nil {
		c.Clock = Boottime()
	}
	return c
}

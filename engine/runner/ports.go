// Package runner is the impure loop around the engine: one goroutine owns the engine, the sequencer holds what is owed
// until its save is durable, bounded workers carry it out through the ports below.
package runner

import (
	"context"

	"statemanager/engine"
)

// Recorder is the durable memory of a cell. Every write is fenced by the leader key: once another leads, it fails
// with ErrDeposed.
type Recorder interface {
	// Load reads everything: records, cell record, active pack, desired specs, history. A value that cannot be read
	// is in Loaded.Broken and the others are loaded all the same.
	Load(ctx context.Context) (*Loaded, error)
	// Commit writes one batch in one transaction, and returns the revision of the store that its entries have.
	Commit(ctx context.Context, b Batch) (revision int64, err error)
}

// Loaded is what a store holds. Revision is the store's revision that all of it was read at.
type Loaded struct {
	Revision int64
	Created  int64 // the creation of the store in Unix nanoseconds: the first epoch (rule 3.1)
	Cell     *engine.Cell
	Records  []*engine.Record
	Desired  map[engine.ResourceID]engine.Desired
	Site     map[string]string
	History  []Stored // oldest first; segments that were written at once may have changed places
	Broken   []Broken
}

// Stored is an entry of the history with the revision of the store that its transaction made.
type Stored struct {
	Revision int64
	engine.Entry
}

// Broken is a value that could not be read. Its service is held: nothing is decided for it.
type Broken struct {
	Key     string
	Service engine.ResourceID
	Cell    bool // it is the cell's own record, or what its numbers begin with
	Err     error
}

// Desires is where what is wanted is kept (rule 1.2): by UpdateState, or by another component under the documented prefix.
type Desires interface {
	// PutDesired stores a spec and returns the store's revision after it; equal content is stored again.
	PutDesired(ctx context.Context, id engine.ResourceID, s *engine.Spec) (revision int64, err error)
	// DeleteDesired removes a spec; NotFound if there is none.
	DeleteDesired(ctx context.Context, id engine.ResourceID) (revision int64, err error)
	// WatchDesired sends every change after a revision until ctx ends, in order, and closes the channel then. After a
	// compaction it lists anew and compares create revisions, so nothing that was deleted or made anew is missed.
	WatchDesired(ctx context.Context, after int64) <-chan Change
}

// Change is a change of a desired key at a revision of the store. Err says that the value could not be read: it changes
// nothing and is shown. A Change without a Service says that all up to Revision has been seen.
type Change struct {
	Revision int64
	Service  engine.ResourceID
	Desired  *engine.Desired // nil = deleted
	Err      error
}

// Site is where the facts of the site are kept.
type Site interface {
	// PutSite sets facts in one transaction; an empty value takes a fact away.
	PutSite(ctx context.Context, facts map[string]string) error
}

// Packs is where activated packs are kept, by the digest of their files.
type Packs interface {
	PutPack(ctx context.Context, digest string, files map[string][]byte) error
	Pack(ctx context.Context, digest string) (files map[string][]byte, err error) // NotFound if there is none
}

// Keeper chooses packs. It is safe for concurrent use.
type Keeper interface {
	// Begin says which pack to begin with. It is given the active pack of the store: its digest and files, or neither on
	// a store that has none. It returns the tables of a pack that the Decider answers for, and its files; a pack that is
	// not the stored one is stored first. Its error ends Start.
	Begin(ctx context.Context, digest string, files map[string][]byte) (*engine.Pack, map[string][]byte, error)
	// Refuses says whether it has been offered a pack since that it refused, and that is not mended.
	Refuses() bool
}

// Agent is the link to one NodeAgent.
type Agent interface {
	// Run keeps the link until ctx ends: it connects, posts AgentChanged and DiffSeen, and connects again with a
	// back-off. It returns only when ctx has ended.
	Run(ctx context.Context, post func(engine.Event))
	// Report pushes effective specs; an error means that the link is down: the whole set is owed on reconnect.
	Report(ctx context.Context, set engine.SpecSet) error
	// Observe asks for an uncached observation.
	Observe(ctx context.Context, ref engine.ServiceRef) (engine.StateDiff, error)
}

// Controller carries out actions at nodes. Fence is the leader's revision (rule 3.1).
type Controller interface {
	// Execute sends an action and waits for its outcome until ctx ends. An error means that nothing is known.
	Execute(ctx context.Context, a *engine.Action, fence int64) (engine.ActionStatus, error)
	// Get asks what became of an action (rule 3.5). NeverHeard burns its seq.
	Get(ctx context.Context, ref engine.ActionRef, fence int64) (engine.ActionStatus, error)
}

// Monitor is where humans are told.
type Monitor interface {
	// SendAlert sends a notice. Each key is accepted once; a repeated one is no error.
	SendAlert(ctx context.Context, n engine.Notice) error
	// SendMetrics sends figures. What is not taken is not sent again: newer ones follow.
	SendMetrics(ctx context.Context, m Metrics) error
}

// ErrFull says that the store has no room left. It is Unavailable: what was to be written is written again later.
var ErrFull = &engine.Error{Kind: engine.Unavailable, Text: "the store is full"}

// ErrDeposed says that another daemon leads the cell: this one must stop writing.
var ErrDeposed = &engine.Error{Kind: engine.Conflict, Text: "another daemon leads this cell"}

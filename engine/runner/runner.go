package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/go-hclog"

	"statemanager/engine"
)

// Runner runs the engine of a cell for one term of its leader. Its methods may be called by any goroutine; the engine is
// touched by the loop's alone. All goroutines that it starts have ended when Stop returns without an error.
type Runner struct {
	cfg     Config
	log     hclog.Logger
	inbox   *inbox
	calls   chan func(*loop) // carried out by the loop's goroutine
	subs    subscribers
	notify  *pool
	figures *pool // metrics: one message at a time

	life   context.Context // of everything that the runner starts
	cancel context.CancelCauseFunc
	work   sync.WaitGroup
	loaded chan struct{} // closed once the engine is there
	ended  chan struct{} // closed once the loop is not
	writes chan struct{} // has an element while what is wanted is being changed

	mu     sync.Mutex
	began  bool
	status Status
}

// New makes a runner; it does nothing before Start.
func New(cfg Config) *Runner {
	cfg = cfg.withDefaults()
	r := &Runner{cfg: cfg, log: cfg.Log.Named("runner"), calls: make(chan func(*loop)), loaded: make(chan struct{}), ended: make(chan struct{}), writes: make(chan struct{}, 1)}
	r.life, r.cancel = context.WithCancelCause(context.Background())
	r.inbox = newInbox(maxInbox, r.life.Done())
	r.notify, r.figures = newPool(maxAsk, &r.work), newPool(1, &r.work)
	return r
}

// Run starts the runner, and stops it when ctx ends or another leads. It returns nil when ctx has ended, and ErrDeposed,
// or why the store's content or the pack is of no use.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.Start(ctx); err != nil {
		return errors.Join(ignoreEnd(ctx, err), r.Stop(context.WithoutCancel(ctx)))
	}
	select {
	case <-ctx.Done():
	case <-r.ended:
	}
	return errors.Join(r.Stop(context.WithoutCancel(ctx)), r.Err())
}

func ignoreEnd(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// Start loads the store and begins. It waits for a store that is away until ctx ends, which ends nothing once Start has
// returned. It may be called once.
func (r *Runner) Start(ctx context.Context) error {
	r.mu.Lock()
	again := r.began
	r.began = true
	r.mu.Unlock()
	if again {
		return errors.New("start runner: it was started before")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.life, cancel)()
	l, err := r.load(ctx)
	if err != nil {
		close(r.ended)
		return fmt.Errorf("start runner: %w", err)
	}
	revision := l.revision // from here on l is the loop's
	r.work.Go(l.run)
	r.work.Go(func() { r.watch(revision) })
	for _, a := range r.cfg.Agents {
		r.work.Go(func() { a.Run(r.life, func(ev engine.Event) { r.inbox.post(ev) }) })
	}
	close(r.loaded)
	return nil
}

// Stop ends the runner and waits for its goroutines, 10 s at most. Nothing of what is under way is lost: it goes on with
// the next Runner on the same store. Stop may be called again.
func (r *Runner) Stop(ctx context.Context) error {
	r.cancel(nil)
	ctx, cancel := context.WithTimeout(ctx, stopTimeout)
	defer cancel()
	done := make(chan struct{})
	go func() { r.work.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop runner: a call to an agent, a controller or the store does not end: %w", ctx.Err())
	}
}

// Ended is closed when the loop has ended: Err then says why.
func (r *Runner) Ended() <-chan struct{} { return r.ended }

// Err is why the loop ended by itself: ErrDeposed; nil when it was stopped, or runs.
func (r *Runner) Err() error {
	if err := context.Cause(r.life); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// Status says how a runner stands.
type Status struct {
	Loaded  bool     // the engine is there, and queries are answered
	Store   error    // why the store could not be written the last time; nil while it can
	Effects int      // that wait for a save, with the entries of the history
	Saves   int      // records that wait to be written or are being written
	Broken  []Broken // values of the store that could not be read
}

// Status says how the runner stands, as of its last step.
func (r *Runner) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

func (r *Runner) setStatus(s Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = s
}

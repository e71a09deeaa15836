package adaptertest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// ControllerBackend is a controller that has seen nothing, as the suite handles it.
type ControllerBackend struct {
	// Start starts the controller on what its predecessor has kept; that one has ended before, at any point.
	Start func(t *testing.T) runner.Controller
	// Restart ends the controller as a crash would, and starts another on what it has kept.
	Restart func(t *testing.T) runner.Controller
	// Hold makes actions that are begun from now on wait until release is called, which it is once.
	Hold func(t *testing.T) (release func())
	// Done is how often the action of a key was carried out, to its end or not.
	Done func(key engine.EpochSeq) int
	// Action is an action that succeeds, at a node of the controller. The suite gives it its key.
	Action engine.Action
}

// Controller is the contract of runner.Controller (section 3). Each test has a controller of its own.
func Controller(t *testing.T, newController func(t *testing.T) ControllerBackend) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, ControllerBackend, runner.Controller)
	}{
		{"rule 3.1 an action is carried out", carriedOut},
		{"rule 3.2 a key seen before gets its first outcome", firstOutcome},
		{"rule 3.2 a key that is under way is waited for", secondCallWaits},
		{"rule 3.2 at or below the highest is refused", belowHighest},
		{"rule 3.2 services are apart", servicesApart},
		{"rule 3.2 an older fence is refused", olderFence},
		{"rule 3.2 a newer epoch is above", newerEpoch},
		{"rule 3.5 never heard burns", neverHeardBurns},
		{"rule 3.5 an older leader burns nothing", olderLeaderBurnsNothing},
		{"rule 3.5 running while under way", running},
		{"rule 3.5 a restart keeps outcomes", outcomesSurvive},
		{"rule 3.5 a restart keeps the burned and the highest", refusalsSurvive},
		{"rule 3.5 a restart in the middle never runs it again", cutInTheMiddle},
		{"the end of a call is not the end of an action", callEnds},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newController(t)
			c.run(t, b, b.Start(t))
		})
	}
}

const fence = 10

// action is the backend's action under a key.
func (b ControllerBackend) action(epoch, seq int64) *engine.Action {
	a := b.Action
	a.EpochSeq = engine.EpochSeq{Epoch: epoch, Seq: seq}
	return &a
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

func execute(t *testing.T, c runner.Controller, a *engine.Action, fence int64) engine.ActionStatus {
	t.Helper()
	st, err := c.Execute(patient(t), a, fence)
	if err != nil {
		t.Fatalf("execute #%d: %v", a.Seq, err)
	}
	if st.Ref != a.ActionRef || st.State != engine.ActionDone {
		t.Fatalf("execute #%d: got %+v", a.Seq, st)
	}
	return st
}

func get(t *testing.T, c runner.Controller, a *engine.Action, fence int64) engine.ActionStatus {
	t.Helper()
	st, err := c.Get(patient(t), a.ActionRef, fence)
	if err != nil {
		t.Fatalf("get #%d: %v", a.Seq, err)
	}
	if st.Ref != a.ActionRef {
		t.Fatalf("get #%d: got %+v", a.Seq, st)
	}
	return st
}

func succeeds(t *testing.T, c runner.Controller, a *engine.Action, fence int64) engine.ActionStatus {
	t.Helper()
	st := execute(t, c, a, fence)
	if st.Result != engine.Succeeded {
		t.Fatalf("#%d ended as %+v", a.Seq, st)
	}
	return st
}

// refused executes an action that must be, and holds that the answer names the highest key (rule 3.3).
func refused(t *testing.T, b ControllerBackend, c runner.Controller, a *engine.Action, fence int64, highest engine.EpochSeq) {
	t.Helper()
	before := b.Done(a.EpochSeq)
	if st := execute(t, c, a, fence); st.Result != engine.Refused || st.Highest != highest {
		t.Errorf("#%d ended as %+v, want refused with the highest %+v", a.Seq, st, highest)
	}
	if b.Done(a.EpochSeq) != before {
		t.Errorf("#%d was refused and carried out", a.Seq)
	}
}

// begin executes an action in the background and returns once it is under way.
func begin(t *testing.T, c runner.Controller, a *engine.Action) (ended <-chan error) {
	t.Helper()
	out := make(chan error, 1)
	ctx := patient(t)
	go func() {
		_, err := c.Execute(ctx, a, fence)
		out <- err
	}()
	return out
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := patient(t)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came that %s", what)
		}
	}
}

func same(t *testing.T, what string, got, want engine.ActionStatus) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %+v, want %+v", what, got, want)
	}
}

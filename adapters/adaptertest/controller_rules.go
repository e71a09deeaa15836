package adaptertest

import (
	"context"
	"testing"

	"statemanager/engine"
	"statemanager/engine/runner"
)

func carriedOut(t *testing.T, b ControllerBackend, c runner.Controller) {
	a := b.action(1, 5)
	st := succeeds(t, c, a, fence)
	if n := b.Done(a.EpochSeq); n != 1 {
		t.Errorf("it was carried out %d times", n)
	}
	same(t, "asked about later", get(t, c, a, fence), st)
}

func firstOutcome(t *testing.T, b ControllerBackend, c runner.Controller) {
	a := b.action(1, 5)
	first := succeeds(t, c, a, fence)
	succeeds(t, c, b.action(1, 6), fence)
	same(t, "sent again", execute(t, c, a, fence), first)
	if n := b.Done(a.EpochSeq); n != 1 {
		t.Errorf("it was carried out %d times", n)
	}
}

func secondCallWaits(t *testing.T, b ControllerBackend, c runner.Controller) {
	release := b.Hold(t)
	a := b.action(1, 5)
	first := begin(t, c, a)
	until(t, "the action is under way", func() bool { return b.Done(a.EpochSeq) == 1 })
	second := begin(t, c, a)
	release()
	for _, ended := range []<-chan error{first, second} {
		if err := <-ended; err != nil {
			t.Errorf("a call got %v", err)
		}
	}
	if n := b.Done(a.EpochSeq); n != 1 {
		t.Errorf("it was carried out %d times", n)
	}
}

func belowHighest(t *testing.T, b ControllerBackend, c runner.Controller) {
	highest := b.action(2, 5)
	succeeds(t, c, highest, fence)
	refused(t, b, c, b.action(2, 4), fence, highest.EpochSeq)
	refused(t, b, c, b.action(1, 9), fence, highest.EpochSeq)
	succeeds(t, c, b.action(2, 6), fence)
}

func servicesApart(t *testing.T, b ControllerBackend, c runner.Controller) {
	succeeds(t, c, b.action(1, 9), fence)
	a := b.action(1, 3)
	a.Service = engine.Service(a.Service.Namespace, "another")
	succeeds(t, c, a, fence)
}

func olderFence(t *testing.T, b ControllerBackend, c runner.Controller) {
	first := b.action(1, 5)
	succeeds(t, c, first, fence)
	next := b.action(1, 6)
	refused(t, b, c, next, fence-1, first.EpochSeq)
	succeeds(t, c, next, fence) // a refusal is no outcome: the key was not used
}

func newerEpoch(t *testing.T, b ControllerBackend, c runner.Controller) {
	succeeds(t, c, b.action(1, 9), fence)
	succeeds(t, c, b.action(2, 1), fence)
}

func neverHeardBurns(t *testing.T, b ControllerBackend, c runner.Controller) {
	a := b.action(1, 5)
	for range 2 {
		if st := get(t, c, a, fence); st.State != engine.ActionNeverHeard {
			t.Fatalf("got %+v", st)
		}
	}
	refused(t, b, c, a, fence, a.EpochSeq)
	refused(t, b, c, b.action(1, 4), fence, a.EpochSeq)
	if st := get(t, c, a, fence); st.State != engine.ActionNeverHeard {
		t.Errorf("after its refusal: %+v", st)
	}
	succeeds(t, c, b.action(1, 6), fence)
}

func olderLeaderBurnsNothing(t *testing.T, b ControllerBackend, c runner.Controller) {
	succeeds(t, c, b.action(1, 5), fence)
	next := b.action(1, 6)
	if st, err := c.Get(patient(t), next.ActionRef, fence-1); err == nil {
		t.Errorf("an older leader got %+v", st)
	}
	succeeds(t, c, next, fence)
}

func running(t *testing.T, b ControllerBackend, c runner.Controller) {
	release := b.Hold(t)
	a := b.action(1, 5)
	ended := begin(t, c, a)
	until(t, "the action is under way", func() bool { return b.Done(a.EpochSeq) == 1 })
	if st := get(t, c, a, fence); st.State != engine.ActionRunning {
		t.Errorf("while it runs: %+v", st)
	}
	release()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if st := get(t, c, a, fence); st.State != engine.ActionDone || st.Result != engine.Succeeded {
		t.Errorf("once it ended: %+v", st)
	}
}

func outcomesSurvive(t *testing.T, b ControllerBackend, c runner.Controller) {
	a := b.action(1, 5)
	st := succeeds(t, c, a, fence)
	c = b.Restart(t)
	same(t, "asked about after a restart", get(t, c, a, fence), st)
	same(t, "sent again after a restart", execute(t, c, a, fence), st)
	if n := b.Done(a.EpochSeq); n != 1 {
		t.Errorf("it was carried out %d times", n)
	}
}

func refusalsSurvive(t *testing.T, b ControllerBackend, c runner.Controller) {
	burned := b.action(1, 5)
	get(t, c, burned, fence)
	c = b.Restart(t)
	refused(t, b, c, burned, fence, burned.EpochSeq)
	refused(t, b, c, b.action(1, 4), fence, burned.EpochSeq)
	refused(t, b, c, b.action(1, 6), fence-1, burned.EpochSeq)
}

func cutInTheMiddle(t *testing.T, b ControllerBackend, c runner.Controller) {
	release := b.Hold(t)
	a := b.action(1, 5)
	ended := begin(t, c, a)
	until(t, "the action is under way", func() bool { return b.Done(a.EpochSeq) == 1 })
	c = b.Restart(t)
	release()
	<-ended // with whatever: the call was cut
	if st := get(t, c, a, fence); st.State == engine.ActionNeverHeard || st.State == engine.ActionRunning {
		t.Errorf("what was under way is %+v after a restart", st)
	}
	if st, err := c.Execute(patient(t), a, fence); err == nil && st.Result == engine.Refused {
		t.Errorf("what may have happened is refused: %+v", st)
	}
	if n := b.Done(a.EpochSeq); n != 1 {
		t.Errorf("it was carried out %d times", n)
	}
}

func callEnds(t *testing.T, b ControllerBackend, c runner.Controller) {
	release := b.Hold(t)
	a := b.action(1, 5)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := c.Execute(ctx, a, fence)
		ended <- err
	}()
	until(t, "the action is under way", func() bool { return b.Done(a.EpochSeq) == 1 })
	cancel()
	if err := <-ended; err == nil {
		t.Error("a call that ended before the action has an outcome")
	}
	release()
	until(t, "the action has its outcome", func() bool { return get(t, c, a, fence).State == engine.ActionDone })
	if st := get(t, c, a, fence); st.Result != engine.Succeeded {
		t.Errorf("it ended as %+v", st)
	}
}

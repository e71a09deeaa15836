package runner

import (
	"testing"
	"testing/synctest"

	"statemanager/engine"
)

func diffOf(service string, n int64) engine.DiffSeen {
	return engine.DiffSeen{Diff: engine.StateDiff{Node: "n", Service: engine.Service("d", service), Counter: engine.Counter{N: n}}}
}

func takeAll(b *inbox) (out []any) {
	for ev := b.take(); ev != nil; ev = b.take() {
		out = append(out, ev)
	}
	return out
}

// numbers are the counters of observations; -1 is anything else.
func numbers(events []any) (out []int64) {
	for _, ev := range events {
		if d, ok := ev.(engine.DiffSeen); ok {
			out = append(out, d.Diff.Counter.N)
		} else {
			out = append(out, -1)
		}
	}
	return out
}

// Failure table, etcd away: the newest observation of each resource wins. Rule 2.2: none is moved across an answer or a
// change of its link.
func TestInboxKeepsTheNewest(t *testing.T) {
	answer := diffOf("a", 5)
	answer.Asked = 1
	link := engine.AgentChanged{Node: "n", State: engine.AgentSynced}
	other := engine.AgentChanged{Node: "m", State: engine.AgentSynced}
	for name, x := range map[string]struct {
		post []any
		want []int64
	}{
		"the newest wins":       {[]any{diffOf("a", 1), diffOf("b", 2), diffOf("a", 3), diffOf("a", 4)}, []int64{4, 2}},
		"not across its link":   {[]any{diffOf("a", 1), link, diffOf("a", 3), diffOf("a", 4)}, []int64{1, -1, 4}},
		"across another's link": {[]any{diffOf("a", 1), other, diffOf("a", 3)}, []int64{3, -1}},
		"not across an answer":  {[]any{diffOf("a", 1), answer, diffOf("a", 6)}, []int64{1, 5, 6}},
		"desired specs all":     {[]any{Change{Revision: 1}, Change{Revision: 2}}, []int64{-1, -1}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newInbox(10, nil)
			for _, ev := range x.post {
				b.post(ev)
			}
			got := numbers(takeAll(b))
			if len(got) != len(x.want) {
				t.Fatalf("got %v, want %v", got, x.want)
			}
			for i := range got {
				if got[i] != x.want[i] {
					t.Fatalf("got %v, want %v", got, x.want)
				}
			}
			b.post(diffOf("a", 9)) // nothing of what was taken is replaced
			if got := numbers(takeAll(b)); len(got) != 1 || got[0] != 9 {
				t.Errorf("then got %v, want [9]", got)
			}
		})
	}
}

// Failure table, etcd away: bounded, with back-pressure on the stream; and nobody waits for a runner that stops.
func TestInboxIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		b := newInbox(2, stop)
		posted := 0
		go func() {
			for _, ev := range []any{diffOf("a", 1), diffOf("b", 2), diffOf("a", 3), diffOf("c", 4), diffOf("d", 5)} {
				b.post(ev)
				posted++
			}
		}()
		synctest.Wait()
		if posted != 3 { // the third took the place of the first
			t.Errorf("%d posted into an inbox of 2, want 3", posted)
		}
		if got := b.take(); got.(engine.DiffSeen).Diff.Counter.N != 3 {
			t.Errorf("took %v", got)
		}
		synctest.Wait()
		if posted != 4 {
			t.Errorf("%d posted when there is room, want 4", posted)
		}
		close(stop)
		synctest.Wait()
		if posted != 5 {
			t.Errorf("%d posted when the runner stops, want 5", posted)
		}
	})
}

// Of a slow agent's specs only the newest of each service wait; a whole set replaces all, and names all that is wanted.
func TestReportsMerge(t *testing.T) {
	up := func(name string, rev int64, spec *engine.Spec) engine.SpecUpdate {
		return engine.SpecUpdate{Service: engine.Service("d", name), Rev: rev, Spec: spec}
	}
	s := &engine.Spec{}
	set := merged(nil, engine.SpecSet{Specs: []engine.SpecUpdate{up("old", 1, s)}})
	set = merged(set, engine.SpecSet{Whole: true, Specs: []engine.SpecUpdate{up("a", 1, s), up("b", 1, s)}})
	set = merged(set, engine.SpecSet{Specs: []engine.SpecUpdate{up("a", 2, s)}})
	set = merged(set, engine.SpecSet{Specs: []engine.SpecUpdate{up("b", 2, nil)}})
	if !set.Whole || len(set.Specs) != 1 || set.Specs[0].Rev != 2 || set.Specs[0].Service.Name != "a" {
		t.Errorf("merged: %+v", set)
	}
	set = merged(nil, engine.SpecSet{Specs: []engine.SpecUpdate{up("a", 1, s)}})
	set = merged(set, engine.SpecSet{Specs: []engine.SpecUpdate{up("a", 2, nil)}})
	if len(set.Specs) != 1 || set.Specs[0].Rev != 2 {
		t.Errorf("what is to be forgotten is told: %+v", set)
	}
}

package adaptertest

import (
	"context"
	"strings"
	"testing"

	"statemanager/engine"
	"statemanager/engine/runner"
)

func desiredSpecs(t *testing.T, b Backend) {
	s := b.Campaign(t)
	_, err := s.DeleteDesired(t.Context(), web)
	isKind(t, "DeleteDesired", err, engine.NotFound)
	_, err = s.PutDesired(t.Context(), engine.Service("a", "a/b"), spec("1"))
	isKind(t, "PutDesired", err, engine.Invalid)

	first := must(s.PutDesired(t.Context(), web, spec("1")))(t)
	second := must(s.PutDesired(t.Context(), web, spec("1")))(t)
	l := load(t, s)
	d := l.Desired[web]
	if !d.Spec.Equal(spec("1")) || d.Created != first || d.Observed != second || second <= first || l.Revision < second {
		t.Errorf("put at %d and %d, read %+v at %d", first, second, d, l.Revision)
	}
	gone := must(s.DeleteDesired(t.Context(), web))(t)
	if l = load(t, s); gone <= second || len(l.Desired) != 0 {
		t.Errorf("deleted at %d, read %+v", gone, l.Desired)
	}
}

func deletedAndApplied(t *testing.T, b Backend) {
	s := b.Campaign(t)
	first := must(s.PutDesired(t.Context(), web, spec("1")))(t)
	must(s.DeleteDesired(t.Context(), web))(t)
	again := must(s.PutDesired(t.Context(), web, spec("1")))(t)
	if d := load(t, s).Desired[web]; d.Created != again || again <= first {
		t.Errorf("made at %d and anew at %d, read %+v", first, again, d)
	}
}

// Architecture, failure table: a value that cannot be read is named, and the others are loaded.
func brokenValues(t *testing.T, b Backend) {
	s := b.Campaign(t)
	must(s.PutDesired(t.Context(), web1, spec("1")))(t)
	commit(t, s, runner.Batch{ID: 1, Records: []*engine.Record{record(web1, 1)}})
	want := map[string]engine.ResourceID{
		"desired/service/a/web/": web, "state/service/a/web/": web, "desired/service/a/": {}, "site/a/b/": {}, "history/x/": {}, "cell/": {},
	}
	for key := range want {
		b.Put(t, key, []byte(`{"node": "n1", "replica": 1}`))
	}
	l := load(t, s)
	if len(l.Broken) != len(want) || len(l.Records) != 1 || len(l.Desired) != 1 {
		t.Errorf("broken: %+v, beside %d records and %d specs", l.Broken, len(l.Records), len(l.Desired))
	}
	for _, broken := range l.Broken {
		if broken.Cell != (broken.Key == "cell/") {
			t.Errorf("%s is the cell's: %v", broken.Key, broken.Cell)
		}
		if id, ok := want[broken.Key]; !ok || id != broken.Service || !strings.Contains(broken.Err.Error(), broken.Key) {
			t.Errorf("broken: %+v", broken)
		}
		isKind(t, broken.Key, broken.Err, engine.Invalid)
	}
}

func watchInOrder(t *testing.T, b Backend) {
	s := b.Campaign(t)
	must(s.PutDesired(t.Context(), other, spec("0")))(t)
	ctx, cancel := context.WithCancel(t.Context())
	changes := s.WatchDesired(ctx, load(t, s).Revision)
	var revisions []int64
	for _, version := range []string{"1", "2", "2"} {
		revisions = append(revisions, must(s.PutDesired(t.Context(), web, spec(version)))(t))
	}
	revisions = append(revisions, must(s.DeleteDesired(t.Context(), web))(t))
	revisions = append(revisions, must(s.PutDesired(t.Context(), web, spec("2")))(t))
	for i, want := range []string{"1", "2", "2", "", "2"} {
		c := nextOf(t, changes)
		created := revisions[0]
		if i == 4 {
			created = revisions[4]
		}
		switch {
		case c.Err != nil || c.Service != web || c.Revision != revisions[i] || (c.Desired == nil) != (want == ""):
			t.Fatalf("change %d is %+v, written at %d", i, c, revisions[i])
		case want != "" && (c.Desired.Spec.Version != want || c.Desired.Observed != revisions[i] || c.Desired.Created != created):
			t.Fatalf("change %d is of %+v, written at %d", i, c.Desired, revisions[i])
		}
	}
	cancel()
	for {
		if _, open := next(t, changes); !open {
			return
		}
	}
}

// A watch that starts at a revision has neither what was before nor a gap.
func watchGoesOn(t *testing.T, b Backend) {
	s := b.Campaign(t)
	load(t, s)
	must(s.PutDesired(t.Context(), web, spec("1")))(t)
	after := must(s.PutDesired(t.Context(), web, spec("2")))(t)
	third := must(s.PutDesired(t.Context(), web1, spec("3")))(t)
	changes := s.WatchDesired(t.Context(), after)
	if c := nextOf(t, changes); c.Service != web1 || c.Revision != third {
		t.Errorf("the first change after %d is %+v, want that at %d", after, c, third)
	}
}

// What was deleted, or deleted and made anew, is seen though the store has forgotten how.
func watchOverCompaction(t *testing.T, b Backend) {
	s := b.Campaign(t)
	for _, id := range []engine.ResourceID{web, web1, other} {
		must(s.PutDesired(t.Context(), id, spec("1")))(t)
	}
	at := load(t, s).Revision
	must(s.DeleteDesired(t.Context(), web))(t)
	must(s.DeleteDesired(t.Context(), web1))(t)
	anew := must(s.PutDesired(t.Context(), web1, spec("1")))(t)
	b.Compact(t)
	changes := s.WatchDesired(t.Context(), at)
	var last int64
	seen := map[engine.ResourceID]*engine.Desired{}
	for {
		c, _ := next(t, changes)
		if c.Revision < last || c.Err != nil {
			t.Fatalf("after %d came %+v", last, c)
		}
		if last = c.Revision; c.Service == (engine.ResourceID{}) {
			break
		}
		seen[c.Service] = c.Desired
	}
	d, told := seen[web]
	if len(seen) != 2 || !told || d != nil || seen[web1] == nil || seen[web1].Created != anew {
		t.Errorf("after the compaction came %+v, up to %d", seen, last)
	}
	later := must(s.PutDesired(t.Context(), other, spec("2")))(t)
	if c := nextOf(t, changes); c.Service != other || c.Revision != later || last < anew {
		t.Errorf("then came %+v, want that at %d", c, later)
	}
}

func watchBroken(t *testing.T, b Backend) {
	s := b.Campaign(t)
	changes := s.WatchDesired(t.Context(), load(t, s).Revision)
	b.Put(t, "desired/service/a/web/", []byte("{"))
	b.Put(t, "desired/service/", []byte("{}"))
	put := must(s.PutDesired(t.Context(), web, spec("1")))(t)
	for _, want := range []struct {
		key string
		id  engine.ResourceID
	}{{"desired/service/a/web/", web}, {"desired/service/", engine.ResourceID{}}} {
		if c := nextOf(t, changes); c.Err == nil || c.Service != want.id || c.Desired != nil || !strings.Contains(c.Err.Error(), want.key) {
			t.Errorf("of %s came %+v", want.key, c)
		}
	}
	if c := nextOf(t, changes); c.Err != nil || c.Service != web || c.Revision != put {
		t.Errorf("then came %+v, want the spec put at %d", c, put)
	}
}

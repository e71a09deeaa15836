package adaptertest

import (
	"bytes"
	"maps"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

func entry(id engine.ResourceID, at time.Duration, text string) engine.Entry {
	return engine.Entry{At: engine.Instant(at), Service: id, Event: &engine.StateEvent{
		At: engine.Instant(at), Service: id, Type: engine.EventPhase, Source: engine.SourceEngine, Metadata: []engine.Field{{Name: "text", Value: text}},
	}}
}

func told(l *runner.Loaded) (out string) {
	for _, e := range l.History {
		out += e.Event.Metadata[0].Value
	}
	return out
}

// Entries come back in the order in which they were written, over elections too.
func historyInOrder(t *testing.T, b Backend) {
	s := b.Campaign(t)
	for i, text := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		if i == 5 {
			s = b.Campaign(t) // writes without having loaded
		}
		commit(t, s, runner.Batch{ID: int64(i), Entries: []engine.Entry{entry(web, 1, text), entry(web1, 1, text)}})
	}
	if got := told(load(t, s)); got != "aabbccddeeffgghhiijjkkll" {
		t.Errorf("the history reads %q", got)
	}
}

// Entries come back with the revision that Commit has returned for them, and it grows.
func historyHasRevisions(t *testing.T, b Backend) {
	s := b.Campaign(t)
	var want []int64
	for i := range 3 {
		r := commit(t, s, runner.Batch{ID: int64(i), Cell: &engine.Cell{Epoch: 1}, Entries: []engine.Entry{entry(web, 1, "x"), entry(web1, 1, "y")}})
		if n := len(want); n > 0 && r <= want[n-1] {
			t.Errorf("revision %d comes after %d", r, want[n-1])
		}
		want = append(want, r, r)
	}
	for i, x := range load(t, s).History {
		if x.Revision != want[i] {
			t.Errorf("entry %d has revision %d, want %d", i, x.Revision, want[i])
		}
	}
}

// The history is bounded by age, over elections too.
func oldHistoryGoes(t *testing.T, b Backend) {
	const day = 24 * time.Hour
	s := b.Campaign(t)
	commit(t, s, runner.Batch{ID: 1, Entries: []engine.Entry{entry(web, 100*day, "a")}})
	commit(t, s, runner.Batch{ID: 2, Entries: []engine.Entry{entry(web, 105*day, "b")}})
	s = b.Campaign(t)
	load(t, s)
	commit(t, s, runner.Batch{ID: 3, Entries: []engine.Entry{entry(web, 106*day, "c")}})
	if got := told(load(t, s)); got != "abc" {
		t.Errorf("after six days the history reads %q", got)
	}
	commit(t, s, runner.Batch{ID: 4, Entries: []engine.Entry{entry(web, 108*day, "d")}})
	if got := told(load(t, s)); got != "bcd" {
		t.Errorf("after eight days the history reads %q", got)
	}
}

func siteFacts(t *testing.T, b Backend) {
	b.Put(t, "site/driving/", []byte("yes"))
	b.Put(t, "site/drivers/", []byte("2"))
	s := b.Campaign(t)
	if l := load(t, s); !maps.Equal(l.Site, map[string]string{"driving": "yes", "drivers": "2"}) {
		t.Errorf("the site's facts are %v, %v", l.Site, l.Broken)
	}
	done(t, s.PutSite(t.Context(), map[string]string{"driving": "", "weather": "ice"}))
	if l := load(t, b.Campaign(t)); !maps.Equal(l.Site, map[string]string{"drivers": "2", "weather": "ice"}) {
		t.Errorf("after a change the site's facts are %v, %v", l.Site, l.Broken)
	}
	isKind(t, "PutSite", b.Campaign(t).PutSite(t.Context(), map[string]string{"a/b": "c"}), engine.Invalid)
}

func packs(t *testing.T, b Backend) {
	s := b.Campaign(t)
	_, err := s.Pack(t.Context(), "d1")
	isKind(t, "Pack", err, engine.NotFound)
	isKind(t, "PutPack", s.PutPack(t.Context(), "a/b", nil), engine.Invalid)
	files := map[string][]byte{"planning/plan.rego": []byte("package x"), "data.yaml": []byte("a: 1")}
	for range 2 {
		done(t, s.PutPack(t.Context(), "d1", files))
	}
	done(t, s.PutPack(t.Context(), "d", map[string][]byte{"f": []byte("other")}))
	got := must(b.Campaign(t).Pack(t.Context(), "d1"))(t)
	if !maps.EqualFunc(got, files, bytes.Equal) {
		t.Errorf("the pack holds %q", got)
	}
}

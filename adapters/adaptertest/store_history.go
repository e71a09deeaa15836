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
		done(t, s.Commit(t.Context(), runner.Batch{ID: int64(i), Entries: []engine.Entry{entry(web, 1, text), entry(web1, 1, text)}}))
	}
	if got := told(load(t, s)); got != "aabbccddeeffgghhiijjkkll" {
		t.Errorf("the history reads %q", got)
	}
}

// The history is bounded by age, over elections too.
func oldHistoryGoes(t *testing.T, b Backend) {
	const day = 24 * time.Hour
	s := b.Campaign(t)
	done(t, s.Commit(t.Context(), runner.Batch{ID: 1, Entries: []engine.Entry{entry(web, 100*day, "a")}}))
	done(t, s.Commit(t.Context(), runner.Batch{ID: 2, Entries: []engine.Entry{entry(web, 105*day, "b")}}))
	s = b.Campaign(t)
	load(t, s)
	done(t, s.Commit(t.Context(), runner.Batch{ID: 3, Entries: []engine.Entry{entry(web, 106*day, "c")}}))
	if got := told(load(t, s)); got != "abc" {
		t.Errorf("after six days the history reads %q", got)
	}
	done(t, s.Commit(t.Context(), runner.Batch{ID: 4, Entries: []engine.Entry{entry(web, 108*day, "d")}}))
	if got := told(load(t, s)); got != "bcd" {
		t.Errorf("after eight days the history reads %q", got)
	}
}

func siteFacts(t *testing.T, b Backend) {
	b.Put(t, "site/driving/", []byte("yes"))
	b.Put(t, "site/drivers/", []byte("2"))
	if l := load(t, b.Campaign(t)); !maps.Equal(l.Site, map[string]string{"driving": "yes", "drivers": "2"}) {
		t.Errorf("the site's facts are %v, %v", l.Site, l.Broken)
	}
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

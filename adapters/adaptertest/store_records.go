package adaptertest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"statemanager/engine"
	"statemanager/engine/runner"
)

func emptyStore(t *testing.T, b Backend) {
	l := load(t, b.Campaign(t))
	if l.Created <= 0 || l.Cell != nil || l.Revision <= 0 || len(l.Records)+len(l.Desired)+len(l.Site)+len(l.History)+len(l.Broken) > 0 {
		t.Errorf("an empty store has %+v", l)
	}
	if again := load(t, b.Campaign(t)); again.Created != l.Created {
		t.Errorf("the store was created at %d, and later at %d (rule 3.1)", l.Created, again.Created)
	}
}

func recordsComeBack(t *testing.T, b Backend) {
	s := b.Campaign(t)
	first, second := record(web, 1), record(web1, 2)
	cell := &engine.Cell{Epoch: 9, Revision: "r1", N: 3}
	commit(t, s, runner.Batch{ID: 1, Records: []*engine.Record{second, first}, Cell: cell})
	l := load(t, b.Campaign(t))
	if want := []*engine.Record{first, second}; !reflect.DeepEqual(l.Records, want) || !reflect.DeepEqual(l.Cell, cell) {
		t.Errorf("read %+v and %+v", l.Records, l.Cell)
	}
	s = b.Campaign(t)
	changed := record(web1, 5)
	commit(t, s, runner.Batch{ID: 2, Records: []*engine.Record{{ID: web, Gone: true}, {ID: other, Gone: true}, changed}})
	l = load(t, s)
	if want := []*engine.Record{changed}; !reflect.DeepEqual(l.Records, want) || !reflect.DeepEqual(l.Cell, cell) {
		t.Errorf("after one is gone, read %+v and %+v", l.Records, l.Cell)
	}
}

func record(id engine.ResourceID, plans int) *engine.Record {
	return &engine.Record{
		ID: id, Desired: &engine.Desired{Spec: *spec("1"), Generation: 4, Observed: 5, Created: 3}, Spec: spec("0"), Phase: engine.Running,
		Slots: []*engine.Action{{ActionRef: engine.ActionRef{Node: "n1", Service: id, EpochSeq: engine.EpochSeq{Epoch: 1, Seq: 2}}, Kind: engine.Restart}},
		Plans: int32(plans),
	}
}

// What a newer version stored comes back after an older one has read and written the record.
func unknownFieldsAreKept(t *testing.T, b Backend) {
	later := []byte("\xc2\x3e\x05later") // field 1000
	s := b.Campaign(t)
	mine, cell := record(web, 1), &engine.Cell{Epoch: 1}
	mine.Unknown, cell.Unknown = later, later
	commit(t, s, runner.Batch{ID: 1, Records: []*engine.Record{mine}, Cell: cell})
	l := load(t, s)
	l.Records[0].Plans, l.Cell.N = 2, 2
	commit(t, s, runner.Batch{ID: 2, Records: l.Records, Cell: l.Cell})
	if l = load(t, s); string(l.Records[0].Unknown) != string(later) || string(l.Cell.Unknown) != string(later) || l.Cell.N != 2 {
		t.Errorf("the fields of a newer version are lost: %+v, %+v", l.Records[0], l.Cell)
	}
}

// A full batch fits, and one that is too large for a transaction is written all the same.
func largeBatches(t *testing.T, b Backend) {
	s := b.Campaign(t)
	const batches, size = 3, 100
	for i := range batches {
		batch := runner.Batch{ID: int64(i), Cell: &engine.Cell{Epoch: 1}}
		for j := range size {
			r := record(engine.Service("a", fmt.Sprintf("s%03d", i*size+j)), j)
			r.Spec.Config = map[string]string{"k": strings.Repeat("x", i*10_000)}
			batch.Records = append(batch.Records, r)
			batch.Entries = append(batch.Entries, entry(r.ID, 1, strings.Repeat("y", i*10_000)))
		}
		commit(t, s, batch)
	}
	l := load(t, s)
	if len(l.Records) != batches*size || len(l.History) != batches*size || len(l.Broken) > 0 {
		t.Fatalf("%d records, %d entries and %v came back", len(l.Records), len(l.History), l.Broken)
	}
	for i, e := range l.History {
		if l.Records[i].ID != e.Service {
			t.Fatalf("record %d is of %s, the entry of %s", i, l.Records[i].ID, e.Service)
		}
	}
}

// A record that is larger than the store takes is Invalid and named, and nothing of its batch is written; the next is.
func largeRecord(t *testing.T, b Backend) {
	s := b.Campaign(t)
	large := record(web, 1)
	large.Acted = []string{strings.Repeat("x", 2<<20)}
	batch := runner.Batch{ID: 1, Records: []*engine.Record{record(web1, 1), large}, Entries: []engine.Entry{entry(web, 1, "x")}}
	_, err := s.Commit(t.Context(), batch)
	isKind(t, "Commit", err, engine.Invalid)
	if err != nil && !strings.Contains(err.Error(), "state/service/a/web/") {
		t.Errorf("the error does not name the key: %v", err)
	}
	if l := load(t, s); len(l.Records)+len(l.History) != 0 {
		t.Errorf("of a batch that is refused is written: %+v", l)
	}
	commit(t, s, runner.Batch{ID: 2, Records: []*engine.Record{record(web1, 2)}})
	if l := load(t, s); len(l.Records) != 1 || l.Records[0].Plans != 2 {
		t.Errorf("after it was written: %+v", l.Records)
	}
}

func deposed(t *testing.T, b Backend) {
	old := b.Campaign(t)
	commit(t, old, runner.Batch{ID: 1, Records: []*engine.Record{record(web, 1)}})
	put := must(old.PutDesired(t.Context(), web, spec("1")))(t)
	now := b.Campaign(t)
	if now.Fence() <= old.Fence() || put <= old.Fence() {
		t.Errorf("the fence went from %d to %d; the first wrote at %d (rule 3.1)", old.Fence(), now.Fence(), put)
	}
	select {
	case <-old.Done():
	case <-time.After(patience):
		t.Error("the deposed leader was not told")
	}
	_, errPut := old.PutDesired(t.Context(), web, spec("2"))
	_, errCommit := old.Commit(t.Context(), runner.Batch{ID: 2, Records: []*engine.Record{record(web, 2)}, Entries: []engine.Entry{entry(web, 1, "x")}})
	_, errDelete := old.DeleteDesired(t.Context(), web)
	for call, err := range map[string]error{
		"Commit":     errCommit,
		"PutSite":    old.PutSite(t.Context(), map[string]string{"a": "b"}),
		"PutPack":    old.PutPack(t.Context(), "d", map[string][]byte{"f": nil}),
		"PutDesired": errPut, "DeleteDesired": errDelete,
	} {
		if !errors.Is(err, runner.ErrDeposed) {
			t.Errorf("%s of a deposed leader: %v", call, err)
		}
	}
	l := load(t, now)
	if len(l.Records) != 1 || l.Records[0].Plans != 1 || len(l.History) != 0 || l.Desired[web].Observed != put {
		t.Errorf("a deposed leader has written: %+v", l)
	}
	commit(t, now, runner.Batch{ID: 1, Records: []*engine.Record{record(web, 3)}})
}

func prefixNames(t *testing.T, b Backend) {
	s := b.Campaign(t)
	var records []*engine.Record
	for i, id := range []engine.ResourceID{web, web1, other} {
		must(s.PutDesired(t.Context(), id, spec(id.Name)))(t)
		records = append(records, record(id, i))
	}
	commit(t, s, runner.Batch{ID: 1, Records: records})
	must(s.DeleteDesired(t.Context(), web))(t)
	commit(t, s, runner.Batch{ID: 2, Records: []*engine.Record{{ID: web, Gone: true}}})
	l := load(t, s)
	if len(l.Desired) != 2 || l.Desired[web1].Spec.Version != "web1" || l.Desired[other].Spec.Version != "web" {
		t.Errorf("desired: %+v", l.Desired)
	}
	if len(l.Records) != 2 || l.Records[0].ID != web1 || l.Records[1].ID != other {
		t.Errorf("records: %+v", l.Records)
	}
}

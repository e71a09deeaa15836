package enginetest

import (
	"encoding/json"
	"slices"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// store is etcd as the daemon uses it: bytes under keys. What is loaded shares nothing with what was saved.
type store struct {
	revision int64
	created  int64
	saves    int
	records  map[engine.ResourceID][]byte
	cell     []byte
	desired  map[engine.ResourceID][]byte
}

func newStore() *store {
	return &store{created: 1, records: map[engine.ResourceID][]byte{}, desired: map[engine.ResourceID][]byte{}}
}

// load reads all of it, as an election does.
func (s *store) load() engine.State {
	st := engine.State{Cell: &engine.Cell{Epoch: s.created}, Desired: map[engine.ResourceID]engine.Desired{}}
	if s.cell != nil {
		st.Cell = decode[engine.Cell](s.cell)
	}
	for _, id := range sortedIDs(s.records) {
		st.Records = append(st.Records, decode[engine.Record](s.records[id]))
	}
	for id, b := range s.desired {
		st.Desired[id] = *decode[engine.Desired](b)
	}
	return st
}

// record is what is durable of a service; nil if there is none.
func (s *store) record(id engine.ResourceID) *engine.Record {
	if b, ok := s.records[id]; ok {
		return decode[engine.Record](b)
	}
	return nil
}

// commit is one transaction.
func (s *store) commit(w *World, b runner.Batch) {
	s.revision++
	for _, r := range b.Records {
		old := s.record(r.ID)
		if r.Gone {
			delete(s.records, r.ID)
		} else {
			c := *r
			c.Outbox = kept(r.Outbox)
			s.records[r.ID] = encode(&c)
		}
		w.printf("save %s", recordText(r))
		w.check.stored(old, s.record(r.ID))
	}
	if b.Cell != nil {
		c := *b.Cell
		c.Outbox = kept(c.Outbox)
		s.cell = encode(&c)
		w.printf("save cell epoch %d outbox %d", c.Epoch, len(c.Outbox))
	}
	if len(b.Records) == 0 {
		return
	}
	if s.saves++; w.doomed || w.Restarts.Save == s.saves {
		w.printf("-- killed --")
		w.kill()
		if !w.doomed {
			w.start()
		}
		w.doomed = false
	}
}

// kept are notices without what is not stored.
func kept(ns []engine.Notice) []engine.Notice {
	ns = slices.Clone(ns)
	for i := range ns {
		ns[i].Tries, ns[i].Retry = 0, engine.Timer{}
	}
	return ns
}

// put stores a desired spec and returns its key's content; equal content is no new generation (rule 1.2).
func (s *store) put(id engine.ResourceID, spec engine.Spec) engine.Desired {
	s.revision++
	d := engine.Desired{Spec: spec, Generation: s.revision, Observed: s.revision, Created: s.revision}
	if b, ok := s.desired[id]; ok {
		old := decode[engine.Desired](b)
		d.Created = old.Created
		if old.Spec.Equal(&spec) {
			d.Generation = old.Generation
		}
	}
	s.desired[id] = encode(&d)
	return d
}

func encode(x any) []byte {
	b, err := json.Marshal(x)
	if err != nil {
		panic(err) // the values of the vocabulary can all be written
	}
	return b
}

func decode[T any](b []byte) *T {
	x := new(T)
	if err := json.Unmarshal(b, x); err != nil {
		panic(err) // it was written by encode
	}
	return x
}

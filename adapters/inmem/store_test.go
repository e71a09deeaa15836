package inmem_test

import (
	"testing"

	"statemanager/adapters/adaptertest"
	"statemanager/adapters/inmem"
)

func TestStore(t *testing.T) {
	adaptertest.Store(t, func(t *testing.T) adaptertest.Backend {
		s, err := inmem.NewStore(7)
		if err != nil {
			t.Fatal(err)
		}
		return adaptertest.Backend{
			Campaign: func(t *testing.T) adaptertest.Term {
				term, err := s.Campaign(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return term
			},
			Put:     func(_ *testing.T, key string, value []byte) { s.Put(key, value) },
			Compact: func(*testing.T) { s.Compact() },
		}
	})
}

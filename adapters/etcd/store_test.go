package etcd

import (
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/adaptertest"
	"statemanager/adapters/wire"
)

// embedded is the configuration of a store of its own that is ready soon.
func embedded(t *testing.T) Config {
	return Config{Dir: t.TempDir(), Embedded: &Embedded{Tick: 10 * time.Millisecond}}
}

// open opens a store until the test ends.
func open(t *testing.T, cfg Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func campaign(t *testing.T, s *Store) *Term {
	t.Helper()
	term, err := s.Campaign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return term
}

// put writes a key as another component would.
func put(t *testing.T, s *Store, key, value string) {
	t.Helper()
	if _, err := s.client.Put(t.Context(), s.key(key), value); err != nil {
		t.Fatal(err)
	}
}

func compact(t *testing.T, s *Store) {
	t.Helper()
	r, err := s.client.Get(t.Context(), s.key(wire.CreatedKey), clientv3.WithCountOnly())
	if err == nil {
		_, err = s.client.Compact(t.Context(), r.Header.Revision)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func backend(s *Store) adaptertest.Backend {
	return adaptertest.Backend{
		Campaign: func(t *testing.T) adaptertest.Term { return campaign(t, s) },
		Put:      func(t *testing.T, key string, value []byte) { put(t, s, key, string(value)) },
		Compact:  func(t *testing.T) { compact(t, s) },
	}
}

// The contract, each test in a cell of its own of one server: cells do not see each other.
func TestStore(t *testing.T) {
	server := open(t, embedded(t))
	adaptertest.Store(t, func(t *testing.T) adaptertest.Backend {
		s := &Store{cfg: server.cfg, client: server.client}
		s.cfg.Dir, s.cfg.Cell = t.TempDir(), t.Name()
		t.Cleanup(func() {
			if s.term != nil {
				s.term.lose()
			}
		})
		return backend(s)
	})
}

package etcd

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
)

var web = engine.Service("a", "web")

const patience = 20 * time.Second

func within[T any](t *testing.T, what string, c <-chan T) (x T) {
	t.Helper()
	select {
	case x = <-c:
	case <-time.After(patience):
		t.Fatalf("%s: nothing came", what)
	}
	return x
}

// eventually calls f until it succeeds.
func eventually(t *testing.T, f func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		err := f()
		if err == nil {
			return
		}
		if pause(ctx, 10*time.Millisecond) != nil {
			t.Fatal(err)
		}
	}
}

func batch(text string) runner.Batch {
	return runner.Batch{
		Records: []*engine.Record{{ID: web, Phase: engine.Phase(text)}},
		Entries: []engine.Entry{{At: 1, Service: web, Decision: &engine.Decided{Entrypoint: text}}},
	}
}

func commit(t *testing.T, term *Term, text string) {
	t.Helper()
	if _, err := term.Commit(t.Context(), batch(text)); err != nil {
		t.Fatal(err)
	}
}

// stored is the phase of the record, and the texts of the history.
func stored(t *testing.T, term *Term) (string, string) {
	t.Helper()
	l, err := term.Load(t.Context())
	if err != nil || len(l.Records) != 1 {
		t.Fatalf("read %+v, %v", l, err)
	}
	var told []string
	for _, e := range l.History {
		told = append(told, e.Decision.Entrypoint)
	}
	return string(l.Records[0].Phase), strings.Join(told, " ")
}

// candidate campaigns in a goroutine of its own.
func candidate(t *testing.T, s *Store) <-chan *Term {
	won := make(chan *Term, 1)
	ctx := t.Context()
	go func() {
		if term, err := s.Campaign(ctx); err == nil {
			won <- term
		}
	}()
	return won
}

// Rule 9.1: one leads, the other waits and knows who; it follows when the leader resigns, and when the leader is silent.
func TestStandbyFollows(t *testing.T) {
	address, cfg := server(t)
	open(t, cfg)
	a, b := open(t, external(t, address, "a")), open(t, external(t, address, "b"))
	first := campaign(t, a)
	won := candidate(t, b)
	if leader, err := b.Leader(t.Context()); err != nil || leader != "a" {
		t.Fatalf("the leader is %q, %v", leader, err)
	}
	if err := first.Resign(t.Context()); err != nil {
		t.Fatal(err)
	}
	second := within(t, "after the leader resigned", won)
	commit(t, second, "b")
	if _, err := first.Commit(t.Context(), batch("a")); !errors.Is(err, runner.ErrDeposed) {
		t.Errorf("the one that resigned writes: %v", err)
	}

	second.cancel() // it renews its lease no more, as if its process had stopped
	won = candidate(t, a)
	third := within(t, "after the lease has ended", won)
	if _, err := second.Commit(t.Context(), batch("b again")); !errors.Is(err, runner.ErrDeposed) {
		t.Errorf("the silent one writes: %v", err)
	}
	within(t, "the silent one is told", second.Done())
	if phase, _ := stored(t, third); phase != "b" || third.Fence() <= second.Fence() {
		t.Errorf("after fence %d comes %d, and %q is stored", second.Fence(), third.Fence(), phase)
	}
}

// A term whose lease was taken away is over.
func TestLeaseTakenAway(t *testing.T) {
	s := open(t, embedded(t))
	term := campaign(t, s)
	if _, err := s.client.Revoke(t.Context(), term.lease); err != nil {
		t.Fatal(err)
	}
	within(t, "the lease is gone", term.Done())
}

// Architecture, failure table: while etcd is away writes fail, the term and its watches go on, and nothing is lost or
// told twice.
func TestEtcdAway(t *testing.T) {
	address, cfg := server(t)
	srv, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	client := external(t, address, "a")
	client.TTL = 10 * time.Second
	term := campaign(t, open(t, client))
	commit(t, term, "1")
	changes := term.WatchDesired(t.Context(), term.Fence())
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = term.Commit(ctx, batch("2"))
	isKind(t, err, engine.Unavailable, address)

	open(t, cfg)
	eventually(t, func() error { _, err := term.Commit(t.Context(), batch("2")); return err })
	if phase, told := stored(t, term); phase != "2" || told != "1 2" {
		t.Errorf("stored is %q, told was %q", phase, told)
	}
	revision, err := term.PutDesired(t.Context(), web, &engine.Spec{Node: "n", State: engine.Running})
	if err != nil {
		t.Fatal(err)
	}
	if c := within(t, "the watch goes on", changes); c.Revision != revision || c.Service != web {
		t.Errorf("after %d was put came %+v", revision, c)
	}
	select {
	case <-term.Done():
		t.Error("the term is over")
	default:
	}
}

// A write whose fate was unknown cannot arrive after a later one, and its history is not told twice.
func TestLateWrite(t *testing.T) {
	term := campaign(t, open(t, embedded(t)))
	commit(t, term, "1")
	ops, trim, barrier, err := term.prepare(t.Context(), batch("late"))
	if err != nil {
		t.Fatal(err)
	}
	late := func() error {
		same := clientv3.Compare(clientv3.ModRevision(term.store.key(wire.LeaderKey)), "=", barrier)
		_, err := term.write(t.Context(), "late", term.parts(ops, trim)[0], same)
		return err
	}
	if err := late(); err != nil { // it did arrive; nobody was told
		t.Fatal(err)
	}
	term.doubtOf(ops)
	commit(t, term, "2")
	if phase, told := stored(t, term); phase != "2" || told != "1 2" {
		t.Errorf("stored is %q, told was %q", phase, told)
	}
	isKind(t, late(), engine.Unavailable, "overtaken")
	if phase, told := stored(t, term); phase != "2" || told != "1 2" {
		t.Errorf("after the late one stored is %q, told was %q", phase, told)
	}
}

// Rule 3.3: a store that goes back behind what was seen ends the term, so that everything is read anew.
func TestStoreWentBack(t *testing.T) {
	term := campaign(t, open(t, embedded(t)))
	term.newest.Add(1 << 30)
	if _, err := term.Commit(t.Context(), batch("x")); !errors.Is(err, runner.ErrDeposed) {
		t.Errorf("a commit to a restored store: %v", err)
	}
	within(t, "the term is over", term.Done())
}

// Architecture, failure table: an embedded etcd that is full makes room by itself.
func TestFullEtcdMakesRoom(t *testing.T) {
	cfg := embedded(t)
	cfg.Embedded.Quota = 4 << 20
	term := campaign(t, open(t, cfg))
	files := map[string][]byte{"f": make([]byte, 512<<10)}
	var refused error
	for i := 0; i < 100 && refused == nil; i++ {
		refused = term.PutPack(t.Context(), "d", files)
	}
	if !errors.Is(refused, runner.ErrFull) {
		t.Fatalf("etcd refused a write: %v, want one that says that it is full", refused)
	}
	eventually(t, func() error { return term.PutPack(t.Context(), "d", files) })
	commit(t, term, "1")
}

// Packs that were superseded go, but not the active one.
func TestOldPacksGo(t *testing.T) {
	term := campaign(t, open(t, embedded(t)))
	for i := range keepPacks + 3 {
		if err := term.PutPack(t.Context(), string(rune('a'+i)), nil); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := term.Commit(t.Context(), runner.Batch{Cell: &engine.Cell{Revision: "a"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	for digest, kept := range map[string]bool{"a": true, "b": false, "c": false, "d": true, string(rune('a' + keepPacks + 2)): true} {
		if _, err := term.Pack(t.Context(), digest); (err == nil) != kept {
			t.Errorf("pack %s: %v", digest, err)
		}
	}
}

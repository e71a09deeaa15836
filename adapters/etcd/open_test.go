package etcd

import (
	"context"
	"crypto/tls"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/server/v3/embed"

	"statemanager/engine"
	"statemanager/engine/runner"
)

func isKind(t *testing.T, err error, want engine.ErrorKind, texts ...string) {
	t.Helper()
	var e *engine.Error
	if !errors.As(err, &e) || e.Kind != want {
		t.Fatalf("got %v, want an error of kind %s", err, want)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q does not say %q", err, text)
		}
	}
}

// Every mistake in a configuration is told with its field.
func TestConfigIsRefused(t *testing.T) {
	for want, c := range map[string]Config{
		"etcd.dir: ":                 {Embedded: &Embedded{}},
		"etcd.endpoints: set either": {Dir: "d"},
		"etcd.endpoints: set ":       {Dir: "d", Embedded: &Embedded{}, Endpoints: []string{"http://127.0.0.1:1"}},
		"etcd.cell: a/b":             {Dir: "d", Cell: "a/b", Embedded: &Embedded{}},
		"etcd.ttl: 1ms":              {Dir: "d", TTL: time.Millisecond, Embedded: &Embedded{}},
		"etcd.embedded.listen: http://10.0.0.1:2379 is neither": {Dir: "d", Embedded: &Embedded{Listen: []string{"http://10.0.0.1:2379"}}},
		"etcd.embedded.listen: tcp://127.0.0.1:1 is neither":    {Dir: "d", Embedded: &Embedded{Listen: []string{"tcp://127.0.0.1:1"}}},
	} {
		_, err := Open(t.Context(), c)
		isKind(t, err, engine.Invalid, want)
	}
}

// Two daemons cannot use one directory.
func TestDirectoryIsLocked(t *testing.T) {
	cfg := embedded(t)
	open(t, cfg)
	_, err := Open(t.Context(), cfg)
	isKind(t, err, engine.Conflict, cfg.Dir, "another daemon")
}

// An etcd that does not answer is waited for; the error names its addresses.
func TestUnreachable(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := Open(ctx, Config{Dir: t.TempDir(), Endpoints: []string{"http://127.0.0.1:1", "http://127.0.0.1:2"}})
	isKind(t, err, engine.Unavailable, "http://127.0.0.1:1, http://127.0.0.1:2")
}

// Rule 8.4: a daemon that was killed finds everything, and leads again at once, with a higher fence. Its lease of an hour
// had not ended.
func TestRestart(t *testing.T) {
	cfg := embedded(t)
	cfg.TTL = time.Hour
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	term := campaign(t, s)
	id := engine.Service("a", "web")
	before, _ := term.Load(t.Context())
	if _, err := term.Commit(t.Context(), runner.Batch{Records: []*engine.Record{{ID: id, Plans: 3}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := campaign(t, open(t, cfg))
	after, err := again.Load(t.Context())
	if err != nil || len(after.Records) != 1 || after.Records[0].Plans != 3 || after.Created != before.Created || again.Fence() <= term.Fence() {
		t.Fatalf("after the restart with fence %d there is %+v, %v", again.Fence(), after, err)
	}
}

// server is an etcd that others reach through a socket; its address, and its configuration.
func server(t *testing.T) (string, Config) {
	dir, err := os.MkdirTemp("", "sm") // short: the name of a socket is bounded
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	cfg := embedded(t)
	address := "unix://" + filepath.Join(dir, "s")
	cfg.Embedded.Listen = []string{address}
	return address, cfg
}

// external is a candidate whose lease outlasts a machine that is busy for a moment.
func external(t *testing.T, address, name string) Config {
	return Config{Dir: t.TempDir(), Name: name, Endpoints: []string{address}, TTL: 4 * time.Second}
}

// A password is used, and a wrong one is an error at once.
func TestPassword(t *testing.T) {
	address, cfg := server(t)
	s := open(t, cfg)
	for _, err := range []error{
		second(s.client.RoleAdd(t.Context(), "root")),
		second(s.client.UserAdd(t.Context(), "root", "secret")),
		second(s.client.UserGrantRole(t.Context(), "root", "root")),
		second(s.client.AuthEnable(t.Context())),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	c := external(t, address, "a")
	c.Username, c.Password = "root", "wrong"
	_, err := Open(t.Context(), c)
	isKind(t, err, engine.Denied, address)
	c.Password = "secret"
	campaign(t, open(t, c))
}

// TLS is used as it is given: here a certificate that no authority has signed.
func TestTLS(t *testing.T) {
	ec := embed.NewConfig()
	ec.Dir, ec.ListenPeerUrls, ec.ClientAutoTLS, ec.LogLevel = t.TempDir(), nil, true, "fatal"
	ec.ListenClientUrls = []url.URL{{Scheme: "https", Host: "127.0.0.1:0"}}
	ec.AdvertiseClientUrls = ec.ListenClientUrls
	e, err := embed.StartEtcd(ec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c := external(t, "https://"+e.Clients[0].Addr().String(), "a")
	c.TLS = &tls.Config{}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = Open(ctx, c)
	isKind(t, err, engine.Unavailable, c.Endpoints[0])
	c.TLS = &tls.Config{InsecureSkipVerify: true}
	campaign(t, open(t, c))
}

// What etcd will never take is told apart from an etcd that is away.
func TestTooLarge(t *testing.T) {
	term := campaign(t, open(t, embedded(t)))
	isKind(t, term.PutPack(t.Context(), "d", map[string][]byte{"f": make([]byte, 2<<20)}), engine.Invalid, "store takes at once")
}

func second[T any](_ T, err error) error { return err }

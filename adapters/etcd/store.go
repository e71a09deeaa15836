package etcd

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"

	"statemanager/adapters/wire"
	"statemanager/engine"
)

// call is how long one request may take where its caller sets no deadline.
const call = 5 * time.Second

// Store reads a cell. Campaign makes it the leader, whose Term writes. It is safe for concurrent use.
type Store struct {
	cfg     Config
	client  *clientv3.Client
	lock    *flock.Flock
	keeper  *keeper // of the embedded etcd; nil = external
	term    *Term   // of the last Campaign
	watched shared[wire.Known]
}

// Open locks the data directory, starts the embedded etcd if there is one, and waits until etcd answers: it tries again,
// and logs why, until ctx ends. The error then is Unavailable and names the addresses. A directory that another daemon
// uses is a Conflict. The caller closes the Store.
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	if cfg, err = cfg.checked(); err != nil {
		return nil, err
	}
	s := &Store{cfg: cfg}
	if s.lock, err = lockDir(cfg.Dir); err != nil {
		return nil, err
	}
	if err = s.connect(ctx); err == nil {
		return s, nil
	}
	return nil, errors.Join(err, s.Close())
}

func lockDir(dir string) (*flock.Flock, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, &engine.Error{Kind: engine.Invalid, Text: "make data directory: " + err.Error()}
	}
	lock := flock.New(filepath.Join(dir, "lock"))
	switch ok, err := lock.TryLock(); {
	case err != nil:
		return nil, &engine.Error{Kind: engine.Invalid, Text: "lock data directory " + dir + ": " + err.Error()}
	case !ok:
		return nil, &engine.Error{Kind: engine.Conflict, Text: "lock data directory " + dir + ": another daemon uses it; give this one a directory of its own"}
	}
	return lock, nil
}

func (s *Store) connect(ctx context.Context) (err error) {
	if s.cfg.Embedded != nil {
		s.keeper, err = startEmbedded(ctx, &s.cfg)
		if err != nil {
			return err
		}
		s.client = s.keeper.client
	}
	return s.retry(ctx, "reach etcd", func(ctx context.Context) error {
		if err := reachable(ctx, s.cfg.Endpoints); err != nil {
			return err
		}
		if s.client == nil {
			c, err := dial(&s.cfg)
			if err != nil {
				return err
			}
			s.client = c
		}
		_, err := s.client.Get(ctx, s.cfg.root()+wire.CreatedKey)
		return err
	})
}

// reachable says at once why nothing answers at any of the addresses: the client of etcd would wait, and say that it did.
func reachable(ctx context.Context, endpoints []string) error {
	var why []error
	for _, e := range endpoints {
		u, err := url.Parse(e)
		if err != nil || u.Host == "" {
			return nil // the client has its own way to reach it
		}
		c, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
		if err == nil {
			return c.Close()
		}
		why = append(why, err)
	}
	return errors.Join(why...)
}

// dial makes a client of an external etcd. With a password it asks for a token, which may fail. It connects anew often
// enough that a lease survives an etcd that was away and renewed it when it came back.
func dial(cfg *Config) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{
		Endpoints: cfg.Endpoints, Username: cfg.Username, Password: cfg.Password, TLS: cfg.TLS,
		DialTimeout: call, DialKeepAliveTime: 2 * call, DialKeepAliveTimeout: call, PermitWithoutStream: true,
		Logger: zapTo(cfg.Log),
		DialOptions: []grpc.DialOption{grpc.WithConnectParams(grpc.ConnectParams{
			MinConnectTimeout: call,
			Backoff:           backoff.Config{BaseDelay: cfg.TTL / 50, Multiplier: 1.6, Jitter: 0.2, MaxDelay: cfg.TTL / 5},
		})},
	})
}

// Leader is what the leader of the cell says of itself (Config.Name); "" if there is none.
func (s *Store) Leader(ctx context.Context) (string, error) {
	r, err := s.client.Get(ctx, s.key(wire.LeaderKey))
	if err != nil || len(r.Kvs) == 0 {
		return "", s.fail("read leader", err)
	}
	return string(r.Kvs[0].Value), nil
}

// Close ends the term of this Store, if it has one, without giving it up: to let another lead at once, call Term.Resign
// first. It stops the embedded etcd, which takes at most a few seconds, and unlocks the directory.
func (s *Store) Close() error {
	if s.term != nil {
		s.term.lose()
		<-s.term.stopped
	}
	var closers []io.Closer
	if s.keeper != nil {
		closers = append(closers, s.keeper)
	} else if s.client != nil {
		closers = append(closers, s.client)
	}
	var errs []error
	for _, c := range append(closers, s.lock) {
		if err := c.Close(); err != nil && !errors.Is(err, context.Canceled) { // a client says that its context ended
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (s *Store) key(k string) string { return s.cfg.root() + k }

package etcd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"statemanager/adapters/wire"
)

// Campaign waits until this Store leads the cell, or ctx ends. It first gives up what an earlier Campaign with this data
// directory has won, also in a process that was killed: a daemon that is started again leads at once. It is called by one
// goroutine at a time. The error is Unavailable or Denied.
func (s *Store) Campaign(ctx context.Context) (*Term, error) {
	if s.term != nil {
		s.term.lose()
		<-s.term.stopped
	}
	for last := ""; ; {
		var p poll
		err := s.retry(ctx, "campaign for cell "+s.cfg.Cell, func(ctx context.Context) (err error) {
			p, err = s.stand(ctx)
			return err
		})
		if err != nil {
			return nil, err
		}
		if p.won != nil {
			s.term = p.won
			return p.won, nil
		}
		if p.leader != last {
			s.cfg.Log.Info("another daemon leads the cell", "cell", s.cfg.Cell, "leader", p.leader)
			last = p.leader
		}
		if err := s.untilVacant(ctx, p.revision); err != nil {
			return nil, s.fail("campaign for cell "+s.cfg.Cell, err)
		}
	}
}

// poll is how a candidate fared.
type poll struct {
	won      *Term
	leader   string // else: who leads
	revision int64  // of the store when that was seen
}

// stand tries once. Whatever it leaves behind when it fails is revoked by the next try.
func (s *Store) stand(ctx context.Context) (poll, error) {
	if err := s.revokeOwn(ctx); err != nil {
		return poll{}, err
	}
	leader := s.key(wire.LeaderKey)
	now, err := s.client.Get(ctx, leader)
	if err != nil {
		return poll{}, err
	}
	if len(now.Kvs) > 0 {
		return poll{leader: string(now.Kvs[0].Value), revision: now.Header.Revision}, nil
	}
	lease, err := s.client.Grant(ctx, int64(s.cfg.TTL/time.Second))
	if err != nil {
		return poll{}, err
	}
	if err := s.remember(lease.ID); err != nil {
		return poll{}, err
	}
	r, err := s.client.Txn(ctx).If(clientv3.Compare(clientv3.CreateRevision(leader), "=", 0)).
		Then(clientv3.OpPut(leader, s.cfg.Name, clientv3.WithLease(lease.ID))).Else(clientv3.OpGet(leader)).Commit()
	if err != nil {
		return poll{}, err
	}
	if !r.Succeeded {
		winner := r.Responses[0].GetResponseRange().Kvs[0]
		return poll{leader: string(winner.Value), revision: r.Header.Revision}, s.revokeOwn(ctx)
	}
	if err := s.create(ctx, r.Header.Revision); err != nil {
		return poll{}, err
	}
	return poll{won: newTerm(s, r.Header.Revision, lease.ID)}, nil
}

// create notes when the cell was made, once: it is the first epoch (rule 3.1).
func (s *Store) create(ctx context.Context, fence int64) error {
	value, err := wire.CreationToStore(time.Now().UnixNano())
	if err != nil {
		return err
	}
	created := s.key(wire.CreatedKey)
	_, err = s.client.Txn(ctx).If(
		clientv3.Compare(clientv3.CreateRevision(created), "=", 0),
		clientv3.Compare(clientv3.CreateRevision(s.key(wire.LeaderKey)), "=", fence),
	).Then(clientv3.OpPut(created, string(value))).Commit()
	return err
}

// untilVacant waits until the leader key is deleted after a revision, or it is time to look again: the store may be away.
func (s *Store) untilVacant(ctx context.Context, revision int64) error {
	again, cancel := context.WithTimeout(clientv3.WithRequireLeader(ctx), s.cfg.TTL)
	defer cancel()
	for r := range s.client.Watch(again, s.key(wire.LeaderKey), clientv3.WithRev(revision+1)) {
		if r.Err() != nil {
			return pause(ctx, firstWait)
		}
		for _, ev := range r.Events {
			if ev.Type == clientv3.EventTypeDelete {
				return nil
			}
		}
	}
	return ctx.Err()
}

// leaseFile names the lease of the last campaign with this directory. Only the holder of the directory's lock uses it.
func (s *Store) leaseFile() string { return filepath.Join(s.cfg.Dir, "lease") }

func (s *Store) remember(id clientv3.LeaseID) error {
	next := s.leaseFile() + ".new"
	if err := os.WriteFile(next, []byte(strconv.FormatInt(int64(id), 16)+"\n"), 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.leaseFile())
}

// revokeOwn ends the lease of the last campaign with this directory. A file that cannot be read is of no use: the lease
// then ends by itself.
func (s *Store) revokeOwn(ctx context.Context) error {
	text, err := os.ReadFile(s.leaseFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	id, parsed := strconv.ParseInt(strings.TrimSpace(string(text)), 16, 64)
	if err == nil && parsed == nil {
		if _, err := s.client.Revoke(ctx, clientv3.LeaseID(id)); err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return err
		}
	}
	return os.Remove(s.leaseFile())
}

package etcd

import (
	"context"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// The past that is kept, for watches that were away: they list anew if they were away longer.
const (
	lookEvery    = time.Minute
	compactAfter = 10_000 // revisions
	keepPast     = 1_000  // revisions
)

// keep compacts the past from time to time, and makes room when there is none left (NOSPACE).
func (k *keeper) keep(ctx context.Context) {
	defer close(k.stopped)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for compacted := int64(0); ; {
		select {
		case <-tick.C:
		case <-k.full:
		case <-ctx.Done():
			return
		}
		st, err := k.client.Status(ctx, "")
		if err != nil {
			continue // it is stopping, or will be looked at again
		}
		switch {
		case k.isFull(ctx):
			k.reclaim(ctx, st.Header.Revision, st.DbSize)
			compacted = st.Header.Revision
		case st.Header.Revision > compacted+compactAfter:
			compacted = st.Header.Revision - keepPast
			if _, err := k.client.Compact(ctx, compacted); err != nil {
				k.log.Debug("cannot compact etcd", "error", err)
			}
		}
	}
}

// reclaimSoon says that etcd refused a write for want of space.
func (k *keeper) reclaimSoon() {
	select {
	case k.full <- struct{}{}:
	default: // it is being looked at already
	}
}

func (k *keeper) isFull(ctx context.Context) bool {
	alarms, err := k.client.AlarmList(ctx)
	if err != nil {
		return false
	}
	for _, a := range alarms.Alarms {
		if a.Alarm == etcdserverpb.AlarmType_NOSPACE {
			return true
		}
	}
	return false
}

// reclaim throws away the past, gives the room back, and lets etcd write again.
func (k *keeper) reclaim(ctx context.Context, revision, size int64) {
	k.log.Warn("etcd is full: its past is thrown away", "bytes", size)
	_, err := k.client.Compact(ctx, revision, clientv3.WithCompactPhysical())
	if err != nil {
		k.log.Debug("cannot compact etcd", "error", err) // it may be compacted so far already
	}
	if err = k.etcd.Server.Backend().Defrag(); err == nil {
		_, err = k.client.AlarmDisarm(ctx, &clientv3.AlarmMember{})
	}
	if err != nil {
		k.log.Error("cannot make room in etcd", "error", err)
		return
	}
	if st, err := k.client.Status(ctx, ""); err == nil {
		k.log.Info("etcd has room again", "bytes", st.DbSize)
	}
}

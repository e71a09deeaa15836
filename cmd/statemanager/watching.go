package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "statemanager/proto/statemanager/v1"
)

// againAfter is how long a watch waits between two tries to reach a daemon that is away.
const againAfter = time.Second

// errEnough says that all lines that were asked for are written.
var errEnough = errors.New("enough")

// watching prints what streams bring, one after the other: each goes on where the last one ended.
type watching struct {
	c     *client
	cmd   *cobra.Command
	q     *pb.StateSubscriptionRequest
	left  uint // lines until the end; 0 = no end
	once  bool // one daemon that stops is the end
	begun bool // a stream has been seen
	away  bool // the daemon is, and that has been said
}

func (w *watching) run(ctx context.Context, s *session) error {
	for {
		err := w.try(ctx, s)
		switch code := status.Code(err); {
		case ctx.Err() != nil || errors.Is(err, errEnough):
			return nil // interrupted, or done
		case code == codes.ResourceExhausted: // it was too slow, and cut off
		case code != codes.Unavailable || !w.begun || w.once:
			return err
		default:
			w.wait(ctx, err)
		}
	}
}

// try prints a stream until it ends: that of the leader where the daemon stands by and names it.
func (w *watching) try(ctx context.Context, s *session) error {
	leader, err := w.stream(ctx, s.states)
	if leader == "" {
		return err
	}
	conn, bad := w.c.leader(leader)
	if bad != nil {
		return bad
	}
	defer conn.Close()
	_, err = w.stream(ctx, pb.NewStateManagerClient(conn))
	return err
}

// stream prints one stream. Its error has the leader's address where a daemon has refused and named it.
func (w *watching) stream(ctx context.Context, from pb.StateManagerClient) (leader string, err error) {
	in, err := from.SubscribeToStateChanges(ctx, w.q)
	for err == nil {
		var m *pb.StateChangeEvent
		if m, err = in.Recv(); err == nil {
			err = w.print(m)
		}
	}
	if in != nil && status.Code(err) == codes.Unavailable {
		leader, err = leaderIn(in.Trailer()), refused(err, in.Trailer())
	}
	return leader, err
}

func (w *watching) print(m *pb.StateChangeEvent) error {
	w.begun, w.away = true, false
	for _, e := range m.Entries {
		if err := w.c.watched(w.cmd.OutOrStdout(), m.Revision, e); err != nil {
			return err
		}
		if w.left == 1 {
			return errEnough
		}
		w.left = max(w.left, 1) - 1
	}
	w.q.AfterRevision = max(w.q.AfterRevision, m.Revision)
	return nil
}

// wait says once that the daemon is away, and lets some time pass.
func (w *watching) wait(ctx context.Context, why error) {
	if !w.away {
		fmt.Fprintf(w.cmd.ErrOrStderr(), "the watch has lost the daemon, and goes on after revision %d when one leads: %s\n", w.q.AfterRevision, status.Convert(why).Message())
	}
	w.away = true
	select {
	case <-time.After(againAfter):
	case <-ctx.Done():
	}
}

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	pb "statemanager/proto/statemanager/v1"
)

// cutOff streams one event after the revision that it is asked for, and then cuts the subscriber off for being slow.
type cutOff struct{ pb.StateManagerClient }

func (cutOff) SubscribeToStateChanges(_ context.Context, q *pb.StateSubscriptionRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[pb.StateChangeEvent], error) {
	return &oneEvent{revision: q.AfterRevision + 1, end: status.Error(codes.ResourceExhausted, "too slow")}, nil
}

// oneEvent is a stream of one event, or of none for revision 0.
type oneEvent struct {
	grpc.ClientStream
	revision int64
	end      error
}

func (s *oneEvent) Trailer() metadata.MD { return nil }

func (s *oneEvent) Recv() (*pb.StateChangeEvent, error) {
	if s.revision == 0 {
		return nil, s.end
	}
	e := &pb.HistoryEntry{Entry: &pb.HistoryEntry_Event{Event: &pb.StateEvent{EventType: "reconciliation_paused", Source: "operator"}}}
	m := &pb.StateChangeEvent{Revision: s.revision, Entries: []*pb.HistoryEntry{e}}
	s.revision = 0
	return m, nil
}

// TestWatchLimit: --limit counts on where a slow subscriber was cut off, and -o yaml writes YAML, a document each.
func TestWatchLimit(t *testing.T) {
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&out)
	w := &watching{c: &client{output: "yaml"}, cmd: cmd, q: &pb.StateSubscriptionRequest{}, left: 3}
	if err := w.run(t.Context(), &session{states: cutOff{}}); err != nil {
		t.Fatal(err)
	}
	var revisions []string
	for d := yaml.NewDecoder(&out); ; {
		var doc struct{ Revision string }
		err := d.Decode(&doc)
		if err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		revisions = append(revisions, doc.Revision)
	}
	if got := strings.Join(revisions, " "); got != "1 2 3" {
		t.Errorf("revisions %q, want three lines after each other", got)
	}
}

// restarts is a daemon that stops and starts: each subscription has the next stream, and notes what it was asked for.
type restarts struct {
	pb.StateManagerClient
	streams []*oneEvent
	asked   []int64
}

func (d *restarts) SubscribeToStateChanges(_ context.Context, q *pb.StateSubscriptionRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[pb.StateChangeEvent], error) {
	d.asked = append(d.asked, q.AfterRevision)
	return d.streams[len(d.asked)-1], nil
}

// TestWatchGoesOn: a watch outlives its daemon, goes on after what it has seen, and says so once each time; not where
// nothing had begun, or going on makes no sense.
func TestWatchGoesOn(t *testing.T) {
	away, lost := status.Error(codes.Unavailable, "the daemon stops"), status.Error(codes.OutOfRange, "not kept any more")
	for name, x := range map[string]struct {
		streams []*oneEvent
		once    bool
		asked   string
		said    int
		end     error
	}{
		"resumed":     {streams: []*oneEvent{{revision: 7, end: away}, {end: away}, {end: away}, {revision: 9, end: away}, {end: lost}}, asked: "[3 7 7 7 9]", said: 2, end: lost},
		"never there": {streams: []*oneEvent{{end: away}}, asked: "[3]", end: away},
		"once":        {streams: []*oneEvent{{revision: 7, end: away}}, once: true, asked: "[3]", end: away},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out, said bytes.Buffer
				cmd, d := &cobra.Command{}, &restarts{streams: x.streams}
				cmd.SetOut(&out)
				cmd.SetErr(&said)
				w := &watching{c: &client{output: "table"}, cmd: cmd, q: &pb.StateSubscriptionRequest{AfterRevision: 3}, once: x.once}
				if err := w.run(t.Context(), &session{states: d}); err != x.end || fmt.Sprint(d.asked) != x.asked {
					t.Errorf("it ended with %v and asked for what comes after %v, want %v and %s", err, d.asked, x.end, x.asked)
				}
				if n := strings.Count(said.String(), "goes on after revision"); n != x.said || n > 0 && !strings.Contains(said.String(), "after revision 9 when one leads: the daemon stops\n") {
					t.Errorf("it said %d times that it goes on, want %d: %s", n, x.said, said.String())
				}
			})
		})
	}
}

package main

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "statemanager/proto/statemanager/v1"
)

// cutOff streams one event after the revision that it is asked for, and then cuts the subscriber off for being slow.
type cutOff struct{ pb.StateManagerClient }

func (cutOff) SubscribeToStateChanges(_ context.Context, q *pb.StateSubscriptionRequest, _ ...grpc.CallOption) (grpc.ServerStreamingClient[pb.StateChangeEvent], error) {
	return &oneEvent{revision: q.AfterRevision + 1}, nil
}

type oneEvent struct {
	grpc.ClientStream
	revision int64
	sent     bool
}

func (s *oneEvent) Recv() (*pb.StateChangeEvent, error) {
	if s.sent {
		return nil, status.Error(codes.ResourceExhausted, "too slow")
	}
	s.sent = true
	e := &pb.HistoryEntry{Entry: &pb.HistoryEntry_Event{Event: &pb.StateEvent{EventType: "reconciliation_paused", Source: "operator"}}}
	return &pb.StateChangeEvent{Revision: s.revision, Entries: []*pb.HistoryEntry{e}}, nil
}

// TestWatchLimit: --limit counts on where a slow subscriber was cut off, and -o yaml writes YAML, a document each.
func TestWatchLimit(t *testing.T) {
	var out bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetOut(&out)
	c := &client{output: "yaml"}
	if err := c.watch(t.Context(), cmd, &session{states: cutOff{}}, &pb.StateSubscriptionRequest{}, 3); err != nil {
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

package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "statemanager/proto/statemanager/v1"
)

// TestRefusal: what a daemon answers that cannot do something now is told as it is; advice on how to reach it is for who
// does not.
func TestRefusal(t *testing.T) {
	l, err := net.Listen("tcp", free(t))
	if err != nil {
		t.Fatal(err)
	}
	s := grpc.NewServer(grpc.UnknownServiceHandler(func(any, grpc.ServerStream) error {
		return status.Error(codes.Unavailable, "commit: the store is full")
	}))
	go s.Serve(l)
	t.Cleanup(s.Stop)
	for address, want := range map[string]string{l.Addr().String(): "commit: the store is full", free(t): "cannot reach the daemon: "} {
		c := &client{address: address, output: "table", timeout: time.Minute}
		w := &watching{c: c, cmd: &cobra.Command{}, q: &pb.StateSubscriptionRequest{}}
		web := fileSpec{&pb.StateUpdateRequest{ResourceId: &pb.ResourceId{Namespace: "default", Name: "web"}}, "web.yaml:1"}
		for _, err := range []error{
			c.stream(t.Context(), w.run),
			c.call(t.Context(), func(ctx context.Context, s *session) error { return c.apply(ctx, &cobra.Command{}, s, []fileSpec{web}) }),
		} {
			if text, code := explainError(err); code != exitUnavailable || !strings.HasPrefix(text, want) {
				t.Errorf("at %s: exit code %d, %q, want one that begins with %q", address, code, text, want)
			}
		}
	}
}

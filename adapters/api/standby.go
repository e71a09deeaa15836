package api

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"statemanager/engine/runner"
)

// LeaderKey is the name under which a daemon that stands by tells the leader's address, beside the error.
const LeaderKey = "statemanager-leader"

// standsBy begins the text of every refusal of a daemon that does not lead.
const standsBy = "this daemon stands by"

// Standby makes the server of a daemon that does not lead: it refuses every call with UNAVAILABLE and the address of who
// does. Its health is NOT_SERVING.
func Standby(leader func(context.Context) (string, error), opts ...grpc.ServerOption) *grpc.Server {
	s := grpc.NewServer(append(opts, grpc.UnknownServiceHandler(func(_ any, call grpc.ServerStream) error {
		address, err := leader(call.Context())
		switch {
		case err != nil:
			return status.Errorf(codes.Unavailable, standsBy+", and cannot tell who leads: %v", err)
		case address == "":
			return status.Error(codes.Unavailable, standsBy+", and nobody leads yet")
		}
		call.SetTrailer(metadata.Pairs(LeaderKey, address))
		return status.Errorf(codes.Unavailable, standsBy+": the leader is at %s", address)
	}))...)
	healthpb.RegisterHealthServer(s, &health{status: func() runner.Status { return runner.Status{} }})
	return s
}

package api

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

const watchEvery = time.Second

// health says SERVING once the engine is loaded: from then on every query is answered.
type health struct {
	healthpb.UnimplementedHealthServer
	status func() runner.Status
}

var served = map[string]bool{"": true, apiv1.StateManager_ServiceDesc.ServiceName: true, apiv1.Operator_ServiceDesc.ServiceName: true}

func (h *health) now() *healthpb.HealthCheckResponse {
	if h.status().Loaded {
		return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}
	}
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_NOT_SERVING}
}

// Check is the standing now.
func (h *health) Check(_ context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	if !served[r.GetService()] {
		return nil, status.Errorf(codes.NotFound, "service %.80q is not served", r.GetService())
	}
	return h.now(), nil
}

// Watch sends the standing, and again when it has changed.
func (h *health) Watch(r *healthpb.HealthCheckRequest, out grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	last := healthpb.HealthCheckResponse_UNKNOWN
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		m := &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVICE_UNKNOWN}
		if served[r.GetService()] {
			m = h.now()
		}
		if m.Status != last {
			if err := out.Send(m); err != nil {
				return err
			}
			last = m.Status
		}
		select {
		case <-tick.C:
		case <-out.Context().Done():
			return context.Cause(out.Context())
		}
	}
}

package monitoring_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"statemanager/adapters/adaptertest"
	"statemanager/adapters/monitoring"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// server keeps the figures that it is sent.
type server struct {
	apiv1.UnimplementedMonitoringServerServer
	got chan *apiv1.StateMetrics
}

func (s *server) SendMetrics(_ context.Context, r *apiv1.SendMetricsRequest) (*apiv1.SendMetricsResponse, error) {
	s.got <- r.Metrics
	return &apiv1.SendMetricsResponse{}, nil
}

// TestMetrics: every figure arrives, with the cell that it is of and since when that is led.
func TestMetrics(t *testing.T) {
	s := &server{got: make(chan *apiv1.StateMetrics, 1)}
	dial := adaptertest.Serve(t, func(g *grpc.Server) { apiv1.RegisterMonitoringServerServer(g, s) })
	c, err := monitoring.New(monitoring.Config{Address: adaptertest.Address, Dial: dial, Log: hclog.NewNullLogger(), Cell: "c1", Leading: func() time.Time { return time.Unix(9, 0) }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = c.SendMetrics(t.Context(), runner.Metrics{
		At: 1, Fence: 2, Services: map[engine.Phase]int{engine.Running: 3}, Available: 4, Well: 5, Recoveries: map[engine.LadderState]int{engine.LadderOpen: 6},
		Isolated: 7, Broken: 8, Actions: map[engine.SlotState]int{engine.SlotIntent: 9}, Nodes: map[engine.NodeState]int{engine.NodeUnheard: 10},
		Notices: 11, Effects: 12, Store: errors.New("away"), Revision: "p1", Refused: true, Paused: 13, Ended: map[string]uint64{"restart failed": 14},
		Events: map[engine.EventType]uint64{engine.EventPhase: 15}, Decisions: map[string]uint64{"planning.plan": 16}, FailSafe: map[string]uint64{"planning.plan": 17},
	})
	if err != nil {
		t.Fatal(err)
	}
	m := (<-s.got).ProtoReflect()
	for i := range m.Descriptor().Fields().Len() {
		if f := m.Descriptor().Fields().Get(i); !m.Has(f) {
			t.Errorf("%s did not arrive", f.Name())
		}
	}
	if x := m.Interface().(*apiv1.StateMetrics); x.Cell != "c1" || x.LeadingSince.Seconds != 9 || x.Services["Running"] != 3 || x.Nodes["unknown"] != 10 || x.ActionsEnded["restart failed"] != 14 {
		t.Errorf("figures: %v", x)
	}
}

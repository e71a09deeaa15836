package monitoring_test

import (
	"errors"
	"testing"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"

	"statemanager/adapters/adaptertest"
	"statemanager/adapters/down"
	"statemanager/adapters/inmem"
	"statemanager/adapters/monitoring"
	"statemanager/engine"
	"statemanager/engine/runner"
)

func client(t *testing.T, m runner.Monitor) *monitoring.Client {
	t.Helper()
	dial := adaptertest.Serve(t, func(s *grpc.Server) { adaptertest.RegisterMonitor(s, m) })
	out, err := monitoring.New(monitoring.Config{Address: adaptertest.Address, Dial: dial, Log: hclog.NewNullLogger()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return out
}

func TestInMemory(t *testing.T) {
	adaptertest.Monitor(t, func(*testing.T) (runner.Monitor, func() []engine.Notice) {
		m := &inmem.Monitor{}
		return m, m.Shown
	})
}

func TestOverGRPC(t *testing.T) {
	adaptertest.Monitor(t, func(t *testing.T) (runner.Monitor, func() []engine.Notice) {
		m := &inmem.Monitor{}
		return client(t, m), m.Shown
	})
}

// TestDown holds rule 3.6: a notice that was not accepted is an error, so it is sent again.
func TestDown(t *testing.T) {
	n := engine.Notice{Key: engine.NoticeKey{Service: engine.Service("shop", "cart"), EpochSeq: engine.EpochSeq{Epoch: 1, Seq: 1}}, Code: "crash"}
	for name, m := range map[string]runner.Monitor{"in memory": down.Monitor{}, "over gRPC": client(t, down.Monitor{})} {
		var e *engine.Error
		if err := m.SendAlert(t.Context(), n); !errors.As(err, &e) || e.Kind != engine.Unavailable {
			t.Errorf("%s: got %v, want Unavailable", name, err)
		}
	}
}

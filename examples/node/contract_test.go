package node

import (
	"bytes"
	"encoding/json"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"statemanager/adapters/actioncontroller"
	"statemanager/adapters/adaptertest"
	"statemanager/engine"
	"statemanager/engine/runner"
)

// begun counts the actions that a node has begun, from its log.
type begun struct {
	mu   sync.Mutex
	keys map[engine.EpochSeq]int
}

// Write implements io.Writer: it gets one line at a time.
func (b *begun) Write(p []byte) (int, error) {
	var line struct {
		Message    string `json:"@message"`
		Epoch, Seq int64
	}
	if err := json.Unmarshal(bytes.TrimSpace(p), &line); err != nil {
		return 0, err
	}
	if line.Message == "action accepted" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.keys[engine.EpochSeq{Epoch: line.Epoch, Seq: line.Seq}]++
	}
	return len(p), nil
}

func (b *begun) count(k engine.EpochSeq) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.keys[k]
}

// Section 3, as every controller is held to it, through the daemon's own client.
func TestControllerContract(t *testing.T) {
	adaptertest.Controller(t, func(t *testing.T) adaptertest.ControllerBackend {
		b := &begun{keys: map[engine.EpochSeq]int{}}
		log := hclog.New(&hclog.LoggerOptions{Output: b, JSONFormat: true})
		dir, r := t.TempDir(), (*rig)(nil)
		start := func(t *testing.T) runner.Controller {
			r = newRigLogging(t, dir, log)
			c, err := actioncontroller.New(actioncontroller.Config{Address: r.node.Addr(), Log: hclog.NewNullLogger(),
				Dial: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		}
		workload := `{"command":["/bin/sh","-c","` + forever + `"]}`
		return adaptertest.ControllerBackend{
			Start:   start,
			Restart: func(t *testing.T) runner.Controller { r.stop(); return start(t) },
			Hold: func(t *testing.T) func() {
				release, err := r.node.control.turns.take(t.Context(), web)
				if err != nil {
					t.Fatal(err)
				}
				return release
			},
			Done: b.count,
			Action: engine.Action{
				ActionRef: engine.ActionRef{Node: "n1", Service: engine.Service("default", "web")},
				Kind:      engine.Scale,
				Spec:      &engine.Spec{Node: "n1", Replicas: 1, Version: "1", State: engine.Running, Workload: workload},
				Row:       engine.ActionRow{Timeout: time.Minute},
			},
		}
	})
}

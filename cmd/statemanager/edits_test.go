package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/structpb"

	"statemanager/examples/node"
	pb "statemanager/proto/statemanager/v1"
)

// editing is a daemon with a policy directory that is edited while it runs, and a node with real processes.
type editing struct {
	*testing.T
	dir      string // of the policy
	alive    string // the process of web ends when this file is gone
	states   pb.StateManagerClient
	operator pb.OperatorClient
}

// TestEditsWhileRunning makes the five edits of docs/policy.md under a running daemon: each decides next, nothing restarted.
func TestEditsWhileRunning(t *testing.T) {
	e := newEditing(t)
	e.apply("1", "while test -e "+e.alive+"; do sleep 0.05; done; exit 1")
	e.until("web to be stable", func() bool { return e.state().LastGoodVersion == "1" })

	e.edit("data.yaml", "  other: [restart, restart, rollback, reset_config, recreate, relocate, isolate]", "  other: [restart, restart, isolate]")
	e.until("isolate after two failures", func() bool { return slices.Equal(e.strategy(), []string{"restart", "restart", "isolate"}) })

	e.edit("data.yaml", "  other: [restart, restart, isolate]", "  other: [restart, relocate, isolate]")
	e.edit("data.yaml", "profiles:\n", "profiles:\n  tier_safety: {rank: 5, match: {labels: {tier: safety}}, never: [relocate]}\n")
	e.until("never relocate tier=safety", func() bool { return slices.Equal(e.strategy(), []string{"restart", "isolate"}) })

	e.edit("data.yaml", "\nactions:\n", "\nactions:\n  reboot-ecu: {rank: 125, custom: true, disruptive: true, impact: restarts, estimated_duration: 60s, timeout: 180s, clears: stable}\n")
	e.edit("data.yaml", "  other: [restart, relocate, isolate]", "  other: [restart, restart, rollback, reboot-ecu, isolate]")
	e.until("reboot-ecu before isolate", func() bool {
		return slices.Equal(e.strategy(), []string{"restart", "restart", "rollback", "reboot-ecu", "isolate"})
	})

	e.edit("reasons/data.yaml", "next: ", "driving: \"the vehicle is driving: no {action}\"\nnext: ")
	e.write("dispatch/driving.rego", "package statemanager.dispatch\n\ndefer contains \"driving\" if {\n\tinput.site.vehicle == \"driving\"\n\tinput.action == \"restart\"\n}\n")
	e.facts("driving")
	e.gone()
	e.until("the restart to wait while driving", func() bool { return e.happened("action_deferred", "driving") })
	e.back()
	e.facts("parked")
	e.until("the restart when parked", func() bool { return e.state().WellSince != nil })

	e.until("web to be stable again", func() bool { return e.state().Recovery == nil })
	e.edit("reasons/data.yaml", "next: ", "crashed_at_once: \"its version crashed within a minute: {action} first\"\nnext: ")
	e.write("recovery/crashed_at_once.rego", "package statemanager.recovery\n\nfirst.crashed_at_once contains \"rollback\" if {\n\tinput.issue == \"crash\"\n\tinput.recent.spec\n}\n")
	e.apply("2", "exit 1")
	e.until("the roll-back at once", func() bool { return e.happened("action_started", "crashed_at_once") && e.state().Version == "1" })
}

func newEditing(t *testing.T) *editing {
	e := &editing{T: t, dir: filepath.Join(t.TempDir(), "policies"), alive: filepath.Join(t.TempDir(), "alive")}
	if err := writePack(e.dir); err != nil {
		t.Fatal(err)
	}
	e.back()
	cfg, address := testConfig(t), free(t)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- node.Run(ctx, node.Config{ID: "n1", Listen: address, Dir: t.TempDir(), Log: hclog.NewNullLogger()})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	cfg.Nodes = []NodeConfig{{"n1", address, address}}
	cfg.Policy = PolicyConfig{Directory: e.dir, Layers: []string{"../../examples/demo/site"}}
	startDaemon(t, cfg, hclog.NewNullLogger())
	conn, err := grpc.NewClient("passthrough:///"+cfg.Listen, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	e.states, e.operator = pb.NewStateManagerClient(conn), pb.NewOperatorClient(conn)
	e.until("the daemon", func() bool {
		_, err := e.operator.GetFacts(t.Context(), &pb.GetFactsRequest{})
		return err == nil
	})
	return e
}

func (e *editing) until(what string, ok func() bool) {
	e.Helper()
	eventually(e.T, what, ok)
}

// write writes a file as editors do, and waits until the pack decides.
func (e *editing) write(name, text string) {
	e.Helper()
	before := e.revision()
	next := filepath.Join(e.dir, ".next")
	if err := os.WriteFile(next, []byte(text), 0o644); err != nil {
		e.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(e.dir, name)); err != nil {
		e.Fatal(err)
	}
	e.until("the edit of "+name+" to decide", func() bool { return e.revision() != before })
}

// edit replaces the first place where a text stands.
func (e *editing) edit(name, old, now string) {
	e.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, name))
	if err != nil || !strings.Contains(string(text), old) {
		e.Fatalf("%s has no %q (%v)", name, old, err)
	}
	e.write(name, strings.Replace(string(text), old, now, 1))
}

func (e *editing) gone() {
	if err := os.Remove(e.alive); err != nil {
		e.Fatal(err)
	}
}

func (e *editing) back() {
	if err := os.WriteFile(e.alive, nil, 0o644); err != nil {
		e.Fatal(err)
	}
}

var web = &pb.ResourceId{Kind: "service", Namespace: "default", Name: "web"}

func (e *editing) apply(version, script string) {
	e.Helper()
	workload, err := structpb.NewStruct(map[string]any{"command": []any{"/bin/sh", "-c", script}})
	if err != nil {
		e.Fatal(err)
	}
	spec := &pb.ServiceSpec{Node: "n1", Version: version, Labels: map[string]string{"tier": "safety"}, Workload: workload}
	if _, err := e.states.UpdateState(e.Context(), &pb.StateUpdateRequest{ResourceId: web, Spec: spec}); err != nil {
		e.Fatal(err)
	}
}

func (e *editing) state() *pb.ServiceStatus {
	q, err := e.states.QueryState(e.Context(), &pb.StateQueryRequest{ResourceIds: []*pb.ResourceId{web}})
	if err != nil || len(q.Services) != 1 {
		e.Fatalf("query: %v, %v", q, err)
	}
	return q.Services[0].Status
}

func (e *editing) strategy() []string {
	s, err := e.states.GetRecoveryStrategy(e.Context(), &pb.RecoveryStrategyRequest{ResourceId: web, Issue: "crash"})
	if err != nil {
		e.Fatal(err)
	}
	return s.Actions
}

// revision is that of the pack that decides.
func (e *editing) revision() string {
	st, err := e.operator.GetPolicyStatus(e.Context(), &pb.GetPolicyStatusRequest{})
	if err != nil {
		e.Fatal(err)
	}
	if st.RefusedRevision != "" {
		e.Fatalf("refused: %v", st.Problems)
	}
	return st.ActiveRevision
}

func (e *editing) facts(vehicle string) {
	e.Helper()
	if _, err := e.operator.SetFacts(e.Context(), &pb.SetFactsRequest{Values: map[string]string{"vehicle": vehicle}}); err != nil {
		e.Fatal(err)
	}
}

// happened says whether there was an event of a type with that reason.
func (e *editing) happened(what, reason string) bool {
	r, err := e.operator.ListEvents(e.Context(), &pb.ListEventsRequest{ResourceId: web, Limit: 1000})
	if err != nil {
		e.Fatal(err)
	}
	return slices.ContainsFunc(r.Entries, func(x *pb.HistoryEntry) bool {
		return x.GetEvent().GetEventType() == what && strings.Contains(x.GetEvent().GetMetadata()["reasons"], reason)
	})
}

package node

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	apiv1 "statemanager/proto/statemanager/v1"
)

const (
	deadline = 20 * time.Second
	forever  = "while :; do sleep 0.05; done"
)

var web = serviceID{"default", "web"}

// rig is a node with real processes, and clients of it.
type rig struct {
	*testing.T
	node  *Node
	agent apiv1.NodeAgentClient
	ctl   apiv1.ActionControllerClient
	seq   int64
}

func newRig(t *testing.T, dir string) *rig { return newRigLogging(t, dir, nil) }

func newRigLogging(t *testing.T, dir string, log hclog.Logger) *rig {
	t.Helper()
	n, err := New(Config{ID: "n1", Listen: "127.0.0.1:0", Dir: dir, Log: log, Labels: map[string]string{"zone": "gateway"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(n.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{T: t, node: n, agent: apiv1.NewNodeAgentClient(conn), ctl: apiv1.NewActionControllerClient(conn)}
	t.Cleanup(func() { conn.Close(); r.stop() })
	return r
}

// stop stops the node, once.
func (r *rig) stop() {
	if r.node == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	if err := r.node.Stop(ctx); err != nil {
		r.Error(err)
	}
	r.node = nil
}

// eventually polls until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	late := time.After(deadline)
	for !cond() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not within %s", what, deadline)
		}
	}
}

type edit func(*apiv1.ServiceSpec)

// specOf is a spec whose command is a line of shell.
func specOf(t *testing.T, shell string, edits ...edit) *apiv1.ServiceSpec {
	t.Helper()
	s := &apiv1.ServiceSpec{Node: "n1", Version: "1", Workload: &structpb.Struct{Fields: map[string]*structpb.Value{
		"command": structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{
			structpb.NewStringValue("/bin/sh"), structpb.NewStringValue("-c"), structpb.NewStringValue(shell)}}),
	}}}
	for _, e := range edits {
		e(s)
	}
	return s
}

func replicas(n uint32) edit { return func(s *apiv1.ServiceSpec) { s.Replicas = &n } }
func version(v string) edit  { return func(s *apiv1.ServiceSpec) { s.Version = v } }
func config(k, v string) edit {
	return func(s *apiv1.ServiceSpec) { s.Config = map[string]string{k: v} }
}
func workWith(k, v string) edit {
	return func(s *apiv1.ServiceSpec) { s.Workload.Fields[k] = structpb.NewStringValue(v) }
}

func recovery(a apiv1.RecoveryAction) *apiv1.Action {
	return &apiv1.Action{Action: &apiv1.Action_Recovery{Recovery: a}}
}

func lifecycle(a apiv1.LifecycleAction) *apiv1.Action {
	return &apiv1.Action{Action: &apiv1.Action_Lifecycle{Lifecycle: a}}
}

var (
	create    = lifecycle(apiv1.LifecycleAction_LIFECYCLE_ACTION_CREATE)
	start     = lifecycle(apiv1.LifecycleAction_LIFECYCLE_ACTION_START)
	stop      = lifecycle(apiv1.LifecycleAction_LIFECYCLE_ACTION_STOP)
	remove    = lifecycle(apiv1.LifecycleAction_LIFECYCLE_ACTION_REMOVE)
	scale     = lifecycle(apiv1.LifecycleAction_LIFECYCLE_ACTION_SCALE)
	update    = lifecycle(apiv1.LifecycleAction_LIFECYCLE_ACTION_UPDATE)
	configure = lifecycle(apiv1.LifecycleAction_LIFECYCLE_ACTION_CONFIGURE)
	restart   = recovery(apiv1.RecoveryAction_RECOVERY_ACTION_RESTART)
	recreate  = recovery(apiv1.RecoveryAction_RECOVERY_ACTION_RECREATE)
	relocate  = recovery(apiv1.RecoveryAction_RECOVERY_ACTION_RELOCATE)
	rollback  = recovery(apiv1.RecoveryAction_RECOVERY_ACTION_ROLLBACK_VERSION)
	resetConf = recovery(apiv1.RecoveryAction_RECOVERY_ACTION_RESET_CONFIG)
	isolate   = recovery(apiv1.RecoveryAction_RECOVERY_ACTION_ISOLATE)
)

// request is an action with the next seq.
func (r *rig) request(a *apiv1.Action, spec *apiv1.ServiceSpec, ids ...string) *apiv1.ActionExecutionRequest {
	r.seq++
	return &apiv1.ActionExecutionRequest{
		Key:   &apiv1.ActionKey{ResourceId: web.proto(), Node: "n1", Epoch: 1, Seq: r.seq},
		Fence: 7, Action: a, Spec: spec, InstanceIds: ids, Timeout: durationpb.New(deadline),
	}
}

func (r *rig) send(req *apiv1.ActionExecutionRequest) *apiv1.Outcome {
	r.Helper()
	resp, err := r.ctl.ExecuteAction(r.Context(), req)
	if err != nil {
		r.Fatal(err)
	}
	return resp.GetOutcome()
}

// do carries out an action that must succeed.
func (r *rig) do(a *apiv1.Action, spec *apiv1.ServiceSpec, ids ...string) {
	r.Helper()
	if o := r.send(r.request(a, spec, ids...)); o.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED {
		r.Fatalf("%s: %v", kindOf(a), o)
	}
}

// look is an uncached observation of the service.
func (r *rig) look() *apiv1.StateDiff {
	r.Helper()
	resp, err := r.agent.GetStateDiff(r.Context(), &apiv1.StateDiffRequest{ResourceId: web.proto()})
	if err != nil {
		r.Fatal(err)
	}
	return resp.GetDiff()
}

func (r *rig) running() (ids []string) {
	r.Helper()
	for _, i := range r.look().GetInstances() {
		if i.GetState() == apiv1.Instance_STATE_RUNNING {
			ids = append(ids, i.GetId())
		}
	}
	return ids
}

func (r *rig) path(parts ...string) string {
	return filepath.Join(append([]string{r.node.config.Dir, "services", "default.web"}, parts...)...)
}

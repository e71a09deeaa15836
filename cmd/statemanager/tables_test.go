package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	pb "statemanager/proto/statemanager/v1"
)

// at is when all happens; it is shown as so many T, in whatever zone.
var at = timestamppb.New(time.Date(2020, 3, 1, 12, 30, 0, 5e6, time.UTC))

// shows holds what a function writes against a golden text.
func shows[M any](t *testing.T, show func(io.Writer, M) error, m M, want string) {
	t.Helper()
	var b strings.Builder
	if err := show(&b, m); err != nil {
		t.Fatal(err)
	}
	clocked := strings.ReplaceAll(b.String(), clock(at), "TTTTTTTTTTTTTTTTTTTTTTT")
	if got := strings.ReplaceAll(clocked, localTimes("2020-03-01T12:30:00Z"), "TTTTTTTTTTTTTTTTTTT"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

var webID = &pb.ResourceId{Kind: "service", Namespace: "default", Name: "web"}

func state(spec *pb.ServiceSpec, st *pb.ServiceStatus) *pb.ServiceState {
	return &pb.ServiceState{Metadata: &pb.ResourceMetadata{ResourceId: webID}, Spec: spec, Status: st}
}

func TestServiceTable(t *testing.T) {
	spec := &pb.ServiceSpec{Replicas: proto.Uint32(2)}
	closed := &pb.RecoveryStatus{Issue: "crash", State: "closed"}
	long := "recovery gave up on crash at 2020-03-01T12:30:00Z (" + strings.Repeat("it is isolated; ", 9) + ")"
	shows(t, serviceTable, []*pb.ServiceState{
		state(spec, &pb.ServiceStatus{Phase: "Running", Node: "n1", Version: "1", Available: true, AvailableReplicas: 2}),
		state(spec, &pb.ServiceStatus{Phase: "Degraded", Node: "n1", Version: "1", AvailableReplicas: 1, Holds: []string{"node n1 is silent"}}),
		state(spec, &pb.ServiceStatus{Phase: "Degraded", Node: "n1", Actions: []*pb.ActionStatus{{Kind: "restart", State: "verifying"}}}),
		state(spec, &pb.ServiceStatus{Phase: "Degraded", Recovery: &pb.RecoveryStatus{Issue: "hang", State: "open"}}),
		state(spec, &pb.ServiceStatus{Phase: "Running", Recovery: &pb.RecoveryStatus{Issue: "hang", State: "idle"}}),
		state(spec, &pb.ServiceStatus{Phase: "Failed", Node: "n1", Recovery: closed, Holds: []string{long, "b"}}),
		state(nil, &pb.ServiceStatus{Broken: "wrong"}),
	}, `SERVICE      PHASE     READY  NODE  VERSION  RECOVERY           SINCE  HELD
default/web  Running   2/2    n1    1        -                  -      -
default/web  Degraded  ?/2    n1    1        -                  -      node n1 is silent
default/web  Degraded  0/2    n1    -        restart verifying  -      -
default/web  Degraded  0/2    -     -        recovering: hang   -      -
default/web  Running   0/2    -     -        watched: hang      -      -
default/web  Failed    0/2    n1    -        gave up: crash     -      recovery gave up on crash at TTTTTTTTTTTTTTTTTTT (and 1 more)
default/web  -         0/0    -     -        held: wrong        -      -
`)
}

func TestActionTable(t *testing.T) {
	action := func(kind, state string, seq int64) *pb.ActionStatus {
		return &pb.ActionStatus{Node: "n1", Kind: kind, Epoch: 7, Seq: seq, AskedBy: "plan", State: state, Started: at}
	}
	shows(t, actionTable, &pb.ListActionsResponse{
		Ended:    []*pb.ActionRecord{{ResourceId: webID, Action: action("create", "", 1), Result: "failed", Ended: at, Message: "no space left"}},
		InFlight: []*pb.ActionRecord{{ResourceId: webID, Action: action("restart", "verifying", 2)}},
	}, `SERVICE      ACTION   KEY  NODE  ASKED BY  STATE      WHEN                     MESSAGE
default/web  create   7.1  n1    plan      failed     TTTTTTTTTTTTTTTTTTTTTTT  no space left
default/web  restart  7.2  n1    plan      verifying  TTTTTTTTTTTTTTTTTTTTTTT  -
`)
	shows(t, actionTable, &pb.ListActionsResponse{}, "no actions yet\n")
}

func TestAllowedTable(t *testing.T) {
	shows(t, allowedTable, &pb.AllowedActionsResponse{Phase: "Running", PolicyRevision: "0123456789abcdef", Actions: []*pb.AllowedAction{
		{Kind: "replan", Impact: "none", Timeout: durationpb.New(0)},
		{Kind: "update", Rank: 70, Disruptive: true, Impact: "restarts", EstimatedDuration: durationpb.New(40 * time.Second), Timeout: durationpb.New(2 * time.Minute)},
	}}, `phase Running allows (policy 0123456789ab):
ACTION  RANK  DISRUPTIVE  IMPACT    TAKES  TIMEOUT
replan  0     false       none      -      -
update  70    true        restarts  40s    2m
`)
}

func TestStrategyText(t *testing.T) {
	shows(t, strategy, &pb.RecoveryStrategy{Profile: "other", Issue: "crash", PolicyRevision: "0123456789abcdef", Actions: []string{"restart", "recreate", "isolate"},
		Backoff: []*durationpb.Duration{durationpb.New(90 * time.Second), durationpb.New(time.Hour), durationpb.New(0)},
		Reasons: []*pb.Reason{{Text: "each failure takes the next"}}, Rules: []string{"recovery/strategy.rego:14"}}, `profile other, issue crash (policy 0123456789ab):
  1. restart after 1m30s
  2. recreate after 1h
  3. isolate at once
  then recovery gives up and tells a human
because each failure takes the next  [recovery/strategy.rego:14]
`)
}

// story is of a service that was given up: its last decision, and what came of it.
func story() []*pb.HistoryEntry {
	event := func(kind string, changes []*pb.FieldChange, metadata map[string]string) *pb.HistoryEntry {
		return &pb.HistoryEntry{Time: at, ResourceId: webID, Entry: &pb.HistoryEntry_Event{Event: &pb.StateEvent{EventType: kind, Source: "policy", Changes: changes, Metadata: metadata}}}
	}
	return []*pb.HistoryEntry{
		event("phase_changed", []*pb.FieldChange{{Field: "phase", OldValue: "Degraded", NewValue: "Failed"}}, map[string]string{"reasons": "isolated", "trigger": "isolated"}),
		{Time: at, ResourceId: webID, Entry: &pb.HistoryEntry_Decision{Decision: &pb.PolicyDecision{Entrypoint: "recovery.decision", PolicyRevision: "0123456789abcdef",
			Answer: map[string]string{"action": "give_up", "after": "0s"}, Rules: []string{"recovery/decision.rego:9", "recovery/decision.rego:11"},
			Reasons: []*pb.Reason{{Code: "is_isolated", Text: "it is isolated"}, {Code: "nothing_left", Text: "nothing is left to try"}}}}},
		event("recovery_gave_up", []*pb.FieldChange{{Field: "ladder", OldValue: "open", NewValue: "closed"}}, map[string]string{"issue": "crash", "reasons": "is_isolated nothing_left"}),
		event("action_deferred", nil, map[string]string{"action": "restart", "reasons": "held"}),
	}
}

func TestEventTable(t *testing.T) {
	shows(t, eventTable, &pb.ListEventsResponse{Entries: story()}, `TIME                     SERVICE      EVENT             SOURCE  WHAT
TTTTTTTTTTTTTTTTTTTTTTT  default/web  phase_changed     policy  phase: Degraded -> Failed  trigger=isolated
TTTTTTTTTTTTTTTTTTTTTTT  default/web  decision          policy  recovery.decision: give up because it is isolated; nothing is left to try  [recovery/decision.rego:9,11]  (policy 0123456789ab)
TTTTTTTTTTTTTTTTTTTTTTT  default/web  recovery_gave_up  policy  issue=crash  reasons=is_isolated nothing_left
TTTTTTTTTTTTTTTTTTTTTTT  default/web  action_deferred   policy  action=restart  reasons=held
`)
	shows(t, eventTable, &pb.ListEventsResponse{}, "no events yet\n")
}

// What a decision has said is not said again in codes by what follows it.
func TestExplainText(t *testing.T) {
	st := &pb.ServiceStatus{Phase: "Failed", Node: "n1", Isolated: true, Differences: []string{"status=crashed"}, Next: &pb.NextStep{What: "nothing"},
		Holds: []string{"recovery gave up on crash at 2020-03-01T12:30:00Z"}}
	shows(t, explain, &pb.ExplainResponse{State: state(&pb.ServiceSpec{}, st), PolicyRevision: "0123456789abcdef", Entries: story()}, `default/web is Failed for - at n1, isolated, not available.
It differs from what is wanted: status=crashed.

What happened, and why (policy 0123456789ab decides now):
  TTTTTTTTTTTTTTTTTTTTTTT  phase_changed  phase: Degraded -> Failed  trigger=isolated
  TTTTTTTTTTTTTTTTTTTTTTT  recovery.decision: give up because it is isolated; nothing is left to try  [recovery/decision.rego:9,11]  (policy 0123456789ab)
  TTTTTTTTTTTTTTTTTTTTTTT  recovery_gave_up  issue=crash
  TTTTTTTTTTTTTTTTTTTTTTT  action_deferred  action=restart  reasons=held

What comes next: nothing.
  held: recovery gave up on crash at TTTTTTTTTTTTTTTTTTT
`)
}

func TestSpan(t *testing.T) {
	for want, d := range map[string]time.Duration{"-": 0, "20s": 20 * time.Second, "1m": time.Minute, "1m20s": 80 * time.Second, "10m": 10 * time.Minute, "2h": 2 * time.Hour, "2h5m": 125 * time.Minute} {
		if got := span(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}

// What is not found names the command that lists what there is, once.
func TestNotFoundText(t *testing.T) {
	for text, want := range map[string]string{
		"there is none":                     "there is none; see: statemanager get services",
		"no action 1.2 of web":              "no action 1.2 of web; see: statemanager actions",
		"gone; `statemanager events` tells": "gone; `statemanager events` tells",
	} {
		if got, code := explainError(status.Error(codes.NotFound, text)); got != want || code != exitNotFound {
			t.Errorf("got %q and %d, want %q", got, code, want)
		}
	}
}

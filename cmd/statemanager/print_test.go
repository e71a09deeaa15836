package main

import (
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	pb "statemanager/proto/statemanager/v1"
)

// TestPolicyStatusText: a problem has its place where it has one.
func TestPolicyStatusText(t *testing.T) {
	var b strings.Builder
	_ = policyStatusText(&b, &pb.GetPolicyStatusResponse{Problems: []*pb.PolicyProblem{
		{Severity: "error", Gate: "read", Text: "read policy directory p: not a directory"},
		{Severity: "error", Gate: "compile", File: "a.rego", Line: 3, Text: "wrong"},
	}})
	for _, want := range []string{", for -, 0 tests passed\n", "\n  error: read: read policy directory p: not a directory\n", "\n  error: compile: a.rego:3: wrong\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q lacks %q", b.String(), want)
		}
	}
}

// TestClock: a time has its date unless it is of today, in the zone of the one who reads it.
func TestClock(t *testing.T) {
	east := time.FixedZone("east", 9*3600)
	at := time.Date(2026, 3, 1, 0, 30, 0, 5e6, east)
	for want, now := range map[string]time.Time{
		"00:30:00.005":            at.Add(23 * time.Hour),
		"2026-03-01 00:30:00.005": at.Add(24 * time.Hour),
	} {
		if got := clockAt(at, now); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestLocalTimes: a time in a sentence is in the zone of the one who reads it, as the clock beside it is.
func TestLocalTimes(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("east", 9*3600))
	for text, want := range map[string]string{
		"n1 is silent since 2026-03-01T02:59:00Z, until 2026-03-01T15:00:01Z": "n1 is silent since 11:59:00, until 2026-03-02 00:00:01",
		"version 2026-03-01T99:59:00Z":                                        "version 2026-03-01T99:59:00Z",
		"nothing":                                                             "nothing",
	} {
		if got := localTimesAt(text, now); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestTimesOfOneZone: all that is printed for a human shows local times, however the daemon words it.
func TestTimesOfOneZone(t *testing.T) {
	const utc = "2084-01-29T19:00:01Z"
	why := []*pb.Reason{{Code: "x", Text: "it failed at " + utc}}
	var b strings.Builder
	st := &pb.ServiceStatus{Holds: []string{"node n1 is silent since " + utc}, Next: &pb.NextStep{What: "restart", Why: why}}
	_ = explain(&b, &pb.ExplainResponse{State: &pb.ServiceState{Metadata: &pb.ResourceMetadata{}, Status: st}})
	for _, text := range []string{b.String(), heldText(st.Holds), eventText(&pb.StateEvent{Metadata: map[string]string{"since": utc}}), reasonsText(why)} {
		if strings.Contains(text, utc) || !strings.Contains(text, "2084-01-") {
			t.Errorf("%q is not of local time", text)
		}
	}
}

// TestStanding: of what nobody wants it is said first that nobody does (rule 2.6).
func TestStanding(t *testing.T) {
	for want, s := range map[string]*pb.ServiceState{
		"is Running for - at n1, available with 1 ready":                          {Spec: &pb.ServiceSpec{}, Status: &pb.ServiceStatus{Phase: "Running", Node: "n1", Available: true, AvailableReplicas: 1}},
		"was never applied. What is seen of it (instances: 2) is left alone, and": {Status: &pb.ServiceStatus{Replicas: 2}},
		"was deleted, and is Terminating for -. What is still seen of it (instances: 1, last wanted at n1) is removed": {
			Status: &pb.ServiceStatus{Phase: "Terminating", Node: "n1", Replicas: 1}},
		"cannot be read: wrong": {Status: &pb.ServiceStatus{Broken: "wrong"}},
	} {
		if got := standing(s); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestReasonsAreToldOnce: what comes next does not repeat the reasons of what holds the service.
func TestReasonsAreToldOnce(t *testing.T) {
	n := &pb.NextStep{What: "recovery waits", Why: []*pb.Reason{{Text: "its node is silent"}}}
	if got := nextText(n, []string{"recovery waits (its node is silent)"}); got != "recovery waits." {
		t.Errorf("with the reason told: %q", got)
	}
	if got := nextText(n, []string{"another"}); got != "recovery waits, because its node is silent." {
		t.Errorf("without: %q", got)
	}
}

// TestNodeTable: a node shows what it says of itself, and only while it is heard what changes (rule 2.5).
func TestNodeTable(t *testing.T) {
	info := func() *pb.NodeInfo {
		return &pb.NodeInfo{Ready: true, Load: pb.Load_LOAD_BUSY, Capacity: 4, Labels: map[string]string{"zone": "b", "arch": "arm"},
			Fence: &pb.Fence{SelfAfter: durationpb.New(30 * time.Second)}}
	}
	var b strings.Builder
	_ = nodeTable(&b, []*pb.NodeState{{Id: "n1", State: "synced", Info: info(), Services: 2}, {Id: "n2", State: "silent", Info: info()}, {Id: "n3", State: "unknown"}})
	want := `NODE  STATE    SINCE  READY  LOAD  SERVICES  FENCE  LABELS           AGENT  CONTROLLER
n1    synced   -      yes    busy  2/4       30s    arch=arm,zone=b  -      -
n2    silent   -      ?      ?     0/4       30s    arch=arm,zone=b  -      -
n3    unknown  -      ?      ?     0         -      -                -      -
`
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

// TestHeldText: the first of what holds a service, and how many others.
func TestHeldText(t *testing.T) {
	for want, holds := range map[string][]string{"-": nil, "a": {"a"}, "a (and 2 more)": {"a", "b", "c"}} {
		if got := heldText(holds); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

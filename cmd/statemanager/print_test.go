package main

import (
	"strings"
	"testing"
	"time"

	pb "statemanager/proto/statemanager/v1"
)

// TestPolicyStatusText: a problem has its place where it has one.
func TestPolicyStatusText(t *testing.T) {
	var b strings.Builder
	_ = policyStatusText(&b, &pb.GetPolicyStatusResponse{Problems: []*pb.PolicyProblem{
		{Severity: "error", Gate: "read", Text: "read policy directory p: not a directory"},
		{Severity: "error", Gate: "compile", File: "a.rego", Line: 3, Text: "wrong"},
	}})
	for _, want := range []string{"\n  error: read: read policy directory p: not a directory\n", "\n  error: compile: a.rego:3: wrong\n"} {
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

package demo

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pb "statemanager/proto/statemanager/v1"
)

// TestReportHasLists: a list of the report is a list, also where it is empty.
func TestReportHasLists(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.jsonl")
	if err := report(file, []*Result{{Name: "frozen", Decisions: []Decision{{Answer: map[string]string{}}}}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(text), "null") || strings.Count(string(text), "[]") != 8 {
		t.Errorf("%s (%v)", text, err)
	}
}

// TestShownTimes: what the demo shows has local times alone, a line of the log as it is.
func TestShownTimes(t *testing.T) {
	east := time.FixedZone("east", 9*3600)
	for text, want := range map[string]string{
		"silent since 2026-03-01T16:30:22Z: x": "silent since 01:30:22: x",
		"2026-03-01T16:30:22.078Z [ERROR]":     "2026-03-01T16:30:22.078Z [ERROR]",
	} {
		if got := localTimes(text, east); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var out strings.Builder
	s := &stage{}
	s.out = &out
	s.say("since %s\n", "2026-03-01T16:30:22Z")
	if strings.Contains(out.String(), "Z") {
		t.Errorf("say shows %q", out.String())
	}
}

// TestDecisionInWords: what recovery decides is said in words.
func TestDecisionInWords(t *testing.T) {
	var out strings.Builder
	s := &scene{stage: &stage{}, result: &Result{}}
	s.out = &out
	s.show(&pb.HistoryEntry{Entry: &pb.HistoryEntry_Decision{Decision: &pb.PolicyDecision{Entrypoint: "recovery.decision", Answer: map[string]string{"action": "give_up", "after": "0s"}}}})
	if !strings.Contains(out.String(), "recovery.decision: give up, because") || s.result.Decisions[0].Answer["action"] != "give_up" {
		t.Errorf("shown: %q, kept: %v", out.String(), s.result.Decisions)
	}
}

// TestPairs: the codes of reasons are not shown beside their sentences.
func TestPairs(t *testing.T) {
	if got, want := pairs(map[string]string{"reasons": "x y", "issue": "crash", "code": "c"}), " (code=c, issue=crash)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestLateAnswer: what a controller says of an action that is over makes no second action of it.
func TestLateAnswer(t *testing.T) {
	var out strings.Builder
	s := &scene{stage: &stage{}, result: &Result{}}
	s.out = &out
	s.show(&pb.HistoryEntry{Entry: &pb.HistoryEntry_Event{Event: &pb.StateEvent{EventType: "action_ended", Metadata: map[string]string{"key": "1.7", "late": "true", "result": "succeeded"}}}})
	if len(s.result.Actions) != 0 || !strings.Contains(out.String(), "(1.7) succeeded, when it was over") {
		t.Errorf("shown: %q, kept: %v", out.String(), s.result.Actions)
	}
}

package demo

import (
	"strings"
	"testing"
)

// TestAlertAbout: an alert is found by its service or its code, and shown as a sentence; half a line is not read yet.
func TestAlertAbout(t *testing.T) {
	const lines = `{"key":{"resource_id":{"kind":"service","namespace":"default","name":"web"},"epoch":"1","seq":"2"},"origin":"ORIGIN_POLICY","code":"crash","text":"web crashes"}
{"key":{"epoch":"1","seq":"3"},"origin":"ORIGIN_ENGINE","code":"node_silent","text":"node b is silent"}
{"key":{"epoch":"1","seq":"4"},"code":"pack_`
	for about, want := range map[string]string{
		"default/web":  "a notice of policy, crash: web crashes",
		"node_silent":  "an alert of the State Manager, node_silent: node b is silent",
		"default/we":   "",
		"pack_refused": "",
	} {
		if got, err := alertAbout(lines, about); got != want || err != nil {
			t.Errorf("about %s: %q, %v, want %q", about, got, err, want)
		}
	}
	if _, err := alertAbout("{odd\n", "x"); err == nil {
		t.Error("a line that is no alert is read")
	}
}

// TestOverlapText: scenarios that are played at the same time say so, before the first.
func TestOverlapText(t *testing.T) {
	two := []scenario{{name: "gone"}, {name: "change"}}
	if got := overlapText(two); !strings.HasPrefix(got, "\n== gone, change: played at the same time") {
		t.Errorf("two: %q", got)
	}
	if got := overlapText(two[:1]); got != "" {
		t.Errorf("one: %q", got)
	}
}

// TestCoveredNeedsAnAlert: notify is missing while nothing was told to a human.
func TestCoveredNeedsAnAlert(t *testing.T) {
	all := &Result{Diffs: []string{"existence=missing scale=more version=differs config=differs status=crashed"}}
	for _, kind := range recoveries {
		all.Actions = append(all.Actions, Action{Kind: kind, Result: "succeeded"})
	}
	s := &stage{}
	s.out = &strings.Builder{}
	if err := s.covered([]*Result{all}); err == nil || !strings.Contains(err.Error(), "without notify") {
		t.Errorf("nothing told: %v", err)
	}
	all.Told = []string{"a notice"}
	if err := s.covered([]*Result{all}); err != nil {
		t.Errorf("told: %v", err)
	}
}

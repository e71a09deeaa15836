package runner_test

import (
	"strings"
	"testing"
	"time"

	"statemanager/adapters/inmem"
	"statemanager/engine"
)

// A strategy is asked for the issue that is named, else the one that recovery is for, else other: those without a list
// of their own.
func TestStrategyIssue(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.apply(spec)
		w.after(10 * time.Second)
		ask := func(issue, want string) {
			t.Helper()
			if s, err := w.Strategy(t.Context(), web, issue); err != nil || s.Issue != want || s.Answer.MaxRetryCount != 1 {
				t.Errorf("issue %q: %+v, %v; want %q", issue, s, err, want)
			}
		}
		ask("", "other")
		ask("crash", "crash")
		if _, err := w.Strategy(t.Context(), web, "odd"); kind(err) != engine.Invalid || !strings.Contains(err.Error(), "crash, other") {
			t.Errorf("an issue that nobody knows: %v", err)
		}
		w.agent.Set(web, inmem.Instance{Instance: engine.Instance{ID: "i1", State: engine.InstanceExited, Version: spec.Version}})
		w.after(10 * time.Second)
		ask("", "crash")
		ask("other", "other")
	})
}

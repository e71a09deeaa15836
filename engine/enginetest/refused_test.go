package enginetest

import (
	"strings"
	"testing"

	"statemanager/engine"
)

// misguided is the policy of the stories, but for what it wants where a service is not wanted.
type misguided struct{ *Policy }

// Decide answers a question.
func (p misguided) Decide(q engine.Question) engine.Decision {
	if f, ok := q.Facts.(engine.PlanFacts); ok && f.Wanted == engine.WantedElsewhere {
		return answer(engine.PlanAnswer{Actions: []engine.ActionKind{engine.Restart}}, "misguided")
	}
	return p.Policy.Decide(q)
}

// Rule 4.3: what policy asked and cannot be is recorded once and not asked again for the same facts, though the service
// becomes stable where it is wanted.
func TestRefusedElsewhereOnce(t *testing.T) {
	w := New()
	w.decider = misguided{w.policy}
	for _, line := range []string{"start", "apply web", "advance 10s", "foreign web@b", "advance 1h"} {
		if err := w.Run(line); err != nil {
			t.Fatal(err)
		}
	}
	story := w.Transcript()
	refused, stable := strings.Count(story, "event web answer_refused"), strings.Count(story, "event web service_stable")
	if refused != 1 || stable != 1 || len(w.Faults) > 0 {
		t.Errorf("refused %d times and stable %d times, want once; faults %q\n%s", refused, stable, w.Faults, story[max(0, len(story)-3000):])
	}
}

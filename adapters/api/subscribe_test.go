package api

import (
	"testing"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Decisions are streamed to who asks for them, by the flag or as a type of event, and to nobody else.
func TestFilterOfDecisions(t *testing.T) {
	decision := &engine.Entry{Decision: &engine.Decided{}}
	for _, c := range []struct {
		types []string
		flag  bool
		want  bool
	}{{nil, false, false}, {nil, true, true}, {[]string{"decision"}, false, true}, {[]string{"phase_changed"}, false, false}, {[]string{"phase_changed"}, true, false}} {
		f, err := eventFilter(&apiv1.StateSubscriptionRequest{Filter: &apiv1.EventFilter{EventTypes: c.types}, Decisions: c.flag})
		if err != nil || f.Matches(decision) != c.want {
			t.Errorf("%v: picked %v, %v", c, !c.want, err)
		}
	}
}

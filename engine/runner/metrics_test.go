package runner

import (
	"maps"
	"testing"

	"statemanager/engine"
)

// What a controller says of an action that is over ends none, and is no action in the figures.
func TestLateAnswersAreNotCounted(t *testing.T) {
	c := newCounters()
	for _, meta := range [][]engine.Field{
		{{Name: "action", Value: "restart"}, {Name: "key", Value: "3.14"}, {Name: "result", Value: "timed_out"}},
		{{Name: "key", Value: "3.14"}, {Name: "late", Value: "true"}, {Name: "result", Value: "succeeded"}},
	} {
		c.count(&engine.Entry{Event: &engine.StateEvent{Type: engine.EventActionEnded, Metadata: meta}})
	}
	if want := map[string]uint64{"restart timed_out": 1}; !maps.Equal(c.ended, want) || c.events[engine.EventActionEnded] != 2 {
		t.Errorf("ended %v, events %v; want %v of 2", c.ended, c.events, want)
	}
}

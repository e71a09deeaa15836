package engine_test

import (
	"reflect"
	"testing"
	"time"

	"statemanager/engine"
)

// TestForgottenNodes: what the cell's record holds of a node lasts as long as the configuration or a service names the node.
func TestForgottenNodes(t *testing.T) {
	fenced := func(id string) engine.NodeRecord {
		return engine.NodeRecord{ID: id, Fence: engine.Fence{Self: true, After: time.Minute}}
	}
	web := &engine.Record{ID: engine.Service("d", "web"), Spec: &engine.Spec{Node: "held"}, Desired: &engine.Desired{Created: 1, Spec: engine.Spec{Node: "held"}}}
	e := engine.New(engine.State{NodeTimeout: time.Second, Pack: &engine.Pack{}, Nodes: []string{"here"}, Records: []*engine.Record{web},
		Cell: &engine.Cell{Epoch: 1, Nodes: []engine.NodeRecord{fenced("gone"), fenced("held"), fenced("here")}, Silent: []string{"gone", "here"}}})
	fx := e.Step(0, engine.Tick{}, nil)
	want := []engine.NodeRecord{fenced("held"), fenced("here")}
	if c := fx.SaveCell; c == nil || !reflect.DeepEqual(c.Nodes, want) || !reflect.DeepEqual(c.Silent, []string{"here"}) {
		t.Errorf("saved %+v", c)
	}
}

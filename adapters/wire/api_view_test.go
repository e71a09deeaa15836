package wire

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// anyService is a service of which everything is known.
func anyService() runner.Service {
	r := filled[engine.Record]()
	for _, s := range []*engine.Spec{&r.Desired.Spec, r.Spec} {
		s.Config, s.Workload = map[string]string{"password": "secret-value"}, `{"image":"x"}`
	}
	r.Over.Pair, r.LastGood = r.Spec.Pair(), r.Spec.Pair()
	for _, a := range r.Slots {
		a.Spec = r.Spec
	}
	d := anyDiff()
	return runner.Service{View: engine.View{
		ID: d.Service, Record: r, Seen: []engine.Observation{{Home: true, Current: true, Diff: d}}, Available: true, WellSince: 9,
		Conditions: []engine.Condition{*filled[engine.Condition]()}, Tracker: *filled[engine.Tracker](), Profile: "critical", Next: filled[engine.Next](), Coming: *filled[engine.Coming](), Holds: []engine.Hold{{Code: "waits", Text: "recovery waits"}},
	}, Broken: errors.New("read key k: it is empty")}
}

// empties are the fields of a message that are not set, those of the messages in it included.
func empties(m protoreflect.Message) (out []string) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		switch {
		case !m.Has(f):
			out = append(out, string(f.Name()))
		case f.Message() != nil && !f.IsList() && !f.IsMap() && strings.HasPrefix(string(f.Message().FullName()), "piccolo"):
			for _, name := range empties(m.Get(f).Message()) {
				out = append(out, string(f.Name())+"."+name)
			}
		}
	}
	return out
}

// TestServiceIsShownWhole: every field that the API has of a service is filled from what is known of it.
func TestServiceIsShownWhole(t *testing.T) {
	if e := empties(ServiceStateToProto(anyService()).ProtoReflect()); len(e) > 0 {
		t.Errorf("nothing is shown in %v", e)
	}
}

// TestValuesOfConfigNeverLeave holds rule 2.2 for the API: of a configuration only keys are shown.
func TestValuesOfConfigNeverLeave(t *testing.T) {
	m := ServiceStateToProto(anyService())
	b, err := protojson.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "secret-value") {
		t.Errorf("a value is shown: %s", b)
	}
	if _, ok := m.Spec.Config["password"]; !ok {
		t.Errorf("the keys are not shown: %v", m.Spec.Config)
	}
}

// TestServiceInNumbers: exited instances are no replicas, and differences are in the words of policy.
func TestServiceInNumbers(t *testing.T) {
	st := ServiceStateToProto(anyService()).Status
	if st.Replicas != 1 || st.AvailableReplicas != 1 || len(st.Instances) != 2 {
		t.Errorf("%d replicas, %d available, %d instances", st.Replicas, st.AvailableReplicas, len(st.Instances))
	}
	want := []string{"existence: surplus", "run: should_stop", "scale: too_few", "version: differs", "config: reloadable", "status: crashed"}
	if !reflect.DeepEqual(st.Differences, want) {
		t.Errorf("differences %q", st.Differences)
	}
}

// TestHeldServiceIsShown: a service of which nothing can be read is shown with the reason.
func TestHeldServiceIsShown(t *testing.T) {
	m := ServiceStateToProto(runner.Service{View: engine.View{ID: engine.Service("shop", "cart"), Held: true}})
	if m.Status.Broken == "" || m.Spec != nil {
		t.Errorf("shown as %v", m)
	}
}

func TestNodeIsShown(t *testing.T) {
	m := NodeStateToProto(engine.NodeView{ID: "n1", State: engine.NodeSynced, Since: 5, Services: 3, Info: anyInfo()})
	if e := empties(m.ProtoReflect()); !reflect.DeepEqual(e, []string{"agent_address", "controller_address", "info.start"}) {
		t.Errorf("nothing is shown in %v", e)
	}
	if m := NodeStateToProto(engine.NodeView{ID: "n1", State: engine.NodeUnheard}); m.State != "unknown" || m.Info != nil {
		t.Errorf("a node that was never heard is %v", m)
	}
}

// TestEntriesAreShownWhole: every field of an event and of a decision is shown.
func TestEntriesAreShownWhole(t *testing.T) {
	event, decision := filled[engine.Entry](), filled[engine.Entry]()
	event.Decision, decision.Event = nil, nil
	for want, m := range map[string]*apiv1.HistoryEntry{"decision": EntryToProto(*event), "event": EntryToProto(*decision)} {
		if e := empties(m.ProtoReflect()); !reflect.DeepEqual(e, []string{want}) {
			t.Errorf("nothing is shown in %v", e)
		}
	}
	if m := EntryToProto(engine.Entry{At: 1, Event: &engine.StateEvent{Type: engine.EventPack}}); m.ResourceId != nil || !proto.Equal(m.GetEvent(), &apiv1.StateEvent{EventType: "pack_activated"}) {
		t.Errorf("an entry of the cell is %v", m)
	}
}

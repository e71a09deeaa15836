package wire

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

func anyInfo() engine.NodeInfo {
	return engine.NodeInfo{ID: "n1", Labels: map[string]string{"zone": "a"}, Capacity: 4, Load: "busy", Ready: true, Fence: engine.Fence{Self: true, After: 5 * time.Second}}
}

// TestNodeInfoComesBack holds rule 2.5.
func TestNodeInfoComesBack(t *testing.T) {
	for _, load := range loads {
		want := anyInfo()
		want.Load = load
		if got, start, err := NodeInfoFromProto(NodeInfoToProto(want, 3)); err != nil || start != 3 || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %d, %v", got, start, err)
		}
	}
}

func TestMalformedNodeInfoNamesItsField(t *testing.T) {
	for field, spoil := range map[string]func(*apiv1.NodeInfo){
		"info.id":               func(m *apiv1.NodeInfo) { m.Id = "" },
		"info.start":            func(m *apiv1.NodeInfo) { m.Start = 0 },
		"info.load":             func(m *apiv1.NodeInfo) { m.Load = 99 },
		"info.labels":           func(m *apiv1.NodeInfo) { m.Labels[""] = "x" },
		"info.fence.self_after": func(m *apiv1.NodeInfo) { m.Fence.SelfAfter = durationpb.New(0) },
	} {
		m := NodeInfoToProto(anyInfo(), 3)
		spoil(m)
		if _, _, err := NodeInfoFromProto(m); err == nil || !strings.HasPrefix(err.Error(), field+": ") {
			t.Errorf("got %v, want an error of the field %s", err, field)
		}
	}
}

// TestHighestComesBack holds rule 3.3.
func TestHighestComesBack(t *testing.T) {
	want := []engine.Highest{{Service: engine.Service("shop", "cart"), EpochSeq: engine.EpochSeq{Epoch: 3, Seq: 4}}}
	if got, err := HighestFromProto(HighestToProto(want)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := HighestFromProto([]*apiv1.Highest{{ResourceId: ResourceToProto(want[0].Service), Epoch: -1}}); err == nil {
		t.Error("a negative epoch is taken")
	}
}

// TestSpecSetComesBack holds rule 2.1: a set says whether it is whole, and which specs are to be forgotten.
func TestSpecSetComesBack(t *testing.T) {
	want := engine.SpecSet{Node: "n1", Whole: true, Specs: []engine.SpecUpdate{
		{Service: engine.Service("shop", "cart"), Rev: 7, Phase: engine.Running, Spec: &engine.Spec{Node: "n1", Replicas: 2, State: engine.Running}},
		{Service: engine.Service("shop", "old"), Rev: 3},
	}}
	parts, err := SpecSetToProto(want, 5)
	if err != nil || len(parts) != 1 || parts[0].Start != 5 {
		t.Fatalf("%d messages, %v", len(parts), err)
	}
	if got, err := SpecSetFromProto("n1", parts[0]); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestLargeSpecSet holds rule 2.1 for what does not fit into one message: the first is whole, the others add to it.
func TestLargeSpecSet(t *testing.T) {
	set := engine.SpecSet{Whole: true}
	spec := &engine.Spec{Node: "n1", Config: map[string]string{"blob": strings.Repeat("x", 60<<10)}, State: engine.Running}
	for range 100 {
		set.Specs = append(set.Specs, engine.SpecUpdate{Service: engine.Service("shop", "cart"), Spec: spec})
	}
	parts, err := SpecSetToProto(set, 7)
	if err != nil || len(parts) < 2 {
		t.Fatalf("%d messages, %v", len(parts), err)
	}
	specs := 0
	for i, m := range parts {
		if n := proto.Size(m); n > MaxMessage || m.Start != 7 || m.Whole != (i == 0) {
			t.Errorf("message %d: %d bytes, start %d, whole %v", i, n, m.Start, m.Whole)
		}
		specs += len(m.States)
	}
	if specs != len(set.Specs) {
		t.Errorf("%d specs of %d are pushed", specs, len(set.Specs))
	}
}

// TestNoticeComesBack holds rule 3.6: the key, who raised it and why arrive; the cell's own has no service.
func TestNoticeComesBack(t *testing.T) {
	for _, want := range []engine.Notice{
		{Key: engine.NoticeKey{Service: engine.Service("shop", "cart"), EpochSeq: engine.EpochSeq{Epoch: 1, Seq: 2}}, At: 1234, Code: "crash", Text: "it crashed",
			Reasons: []engine.Reason{{Code: "tries", Args: []engine.Field{{Name: "n", Value: "3"}}, Text: "three tries"}}},
		{Key: engine.NoticeKey{EpochSeq: engine.EpochSeq{Epoch: 1, Seq: 3}}, At: 1234, Code: "node_silent", Alert: true, Text: "n1 is silent"},
	} {
		if got, err := NoticeFromProto(NoticeToProto(want)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

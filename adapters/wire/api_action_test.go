package wire

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

func anyAction(k engine.ActionKind) *engine.Action {
	return &engine.Action{
		ActionRef: engine.ActionRef{Node: "n1", Service: engine.Service("shop", "cart"), EpochSeq: engine.EpochSeq{Epoch: 5, Seq: 6}},
		Kind:      k,
		Instances: []string{"i1"},
		Spec:      &engine.Spec{Node: "n1", Replicas: 2, Version: "1", State: engine.Running},
		Rev:       7,
		Row:       engine.ActionRow{Timeout: time.Minute},
	}
}

// TestActionComesBack holds rule 3.1: the request carries the key, the fence, the kind, the instances, the spec with its
// revision and the timeout, for every kind of action.
func TestActionComesBack(t *testing.T) {
	kinds := slices.Concat(slices.Collect(maps.Values(recoveryActions)), slices.Collect(maps.Values(lifecycleActions)), []engine.ActionKind{"drain"})
	for _, k := range kinds {
		t.Run(string(k), func(t *testing.T) {
			want := anyAction(k)
			m, err := ActionToProto(want, 11)
			if err != nil {
				t.Fatal(err)
			}
			if k == engine.Remove { // it acts on no spec
				want.Spec = nil
			}
			got, fence, err := ActionFromProto(m)
			if err != nil || fence != 11 || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %d, %v", got, fence, err)
			}
		})
	}
}

func TestMalformedActionNamesItsField(t *testing.T) {
	for field, spoil := range map[string]func(*apiv1.ActionExecutionRequest){
		"key.resource_id": func(m *apiv1.ActionExecutionRequest) { m.Key = nil },
		"key.node":        func(m *apiv1.ActionExecutionRequest) { m.Key.Node = "" },
		"key.seq":         func(m *apiv1.ActionExecutionRequest) { m.Key.Seq = -1 },
		"action":          func(m *apiv1.ActionExecutionRequest) { m.Action = nil },
		"action.recovery": func(m *apiv1.ActionExecutionRequest) {
			m.Action = &apiv1.Action{Action: &apiv1.Action_Recovery{Recovery: 99}}
		},
		"timeout":      func(m *apiv1.ActionExecutionRequest) { m.Timeout = nil },
		"instance_ids": func(m *apiv1.ActionExecutionRequest) { m.InstanceIds = []string{""} },
	} {
		t.Run(field, func(t *testing.T) {
			m, err := ActionToProto(anyAction(engine.Restart), 1)
			if err != nil {
				t.Fatal(err)
			}
			spoil(m)
			if _, _, err = ActionFromProto(m); err == nil || !strings.HasPrefix(err.Error(), field+": ") {
				t.Errorf("got %v, want an error of the field %s", err, field)
			}
		})
	}
}

// TestStatusComesBack holds rules 3.3 and 3.5: each answer of a controller arrives as it was given.
func TestStatusComesBack(t *testing.T) {
	ref := anyAction(engine.Restart).ActionRef
	for _, st := range []engine.ActionStatus{
		{State: engine.ActionDone, Result: engine.Succeeded, Message: "in 3 s"},
		{State: engine.ActionDone, Result: engine.Failed},
		{State: engine.ActionDone, Result: engine.TimedOut},
		{State: engine.ActionDone, Result: engine.Refused, Highest: engine.EpochSeq{Epoch: 9, Seq: 8}},
		{State: engine.ActionRunning},
		{State: engine.ActionNeverHeard},
		{State: engine.ActionCannotTell},
	} {
		st.Ref = ref
		if got := StatusFromProto(ref, StatusToProto(st)); got != st {
			t.Errorf("got %+v, want %+v", got, st)
		}
	}
}

// TestUnknownAnswers: what a controller says in words that are not known never passes for success or for "never ran".
func TestUnknownAnswers(t *testing.T) {
	ref := anyAction(engine.Restart).ActionRef
	if got := OutcomeFromProto(ref, &apiv1.Outcome{Result: 99, Message: strings.Repeat("é", 1000)}); got.Result != engine.Failed || len(got.Message) > maxText {
		t.Errorf("an unknown result is %+v", got)
	}
	if got := OutcomeFromProto(ref, nil); got.Result != engine.Failed {
		t.Errorf("no outcome is %+v", got)
	}
	for _, m := range []*apiv1.GetActionResponse{nil, {}, {State: 99}} {
		if got := StatusFromProto(ref, m); got.State != engine.ActionCannotTell {
			t.Errorf("%v is %+v", m, got)
		}
	}
}

// TestErrorKindsComeBack: the kind of an error passes a call unchanged; what has none says that nothing is known.
func TestErrorKindsComeBack(t *testing.T) {
	for _, k := range []engine.ErrorKind{engine.Invalid, engine.NotFound, engine.Conflict, engine.Unavailable, engine.Denied} {
		err := ErrorFromStatus("do it", ErrorToStatus(&engine.Error{Kind: k, Text: "why"}))
		var e *engine.Error
		if !errors.As(err, &e) || e.Kind != k || e.Text != "do it: why" {
			t.Errorf("%s came back as %#v", k, err)
		}
	}
	for _, c := range []codes.Code{codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.Unknown, codes.ResourceExhausted} {
		var e *engine.Error
		if err := ErrorFromStatus("do it", status.Error(c, "why")); !errors.As(err, &e) || e.Kind != engine.Unavailable {
			t.Errorf("%s came back as %#v", c, err)
		}
	}
	if ErrorFromStatus("do it", nil) != nil || ErrorToStatus(nil) != nil {
		t.Error("no error became one")
	}
}

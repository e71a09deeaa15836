package wire

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// anyDiff is an observation in which everything differs.
func anyDiff() *engine.StateDiff {
	return &engine.StateDiff{
		Node: "n1", Service: engine.Service("shop", "cart"), Rev: 7, Counter: engine.Counter{Start: 3, N: 9},
		Existence: &engine.ExistenceDiff{Existence: "surplus", Run: "should_stop"},
		Scale:     &engine.ScaleDiff{Desired: 2, Actual: 1},
		Version:   &engine.VersionDiff{Desired: "2", Actual: "1"},
		Config:    &engine.ConfigDiff{Needs: "reloadable", Keys: []string{"a", "b"}},
		Status:    &engine.StatusDiff{Status: "crashed"},
		Instances: []engine.Instance{
			{ID: "i1", State: engine.InstanceRunning, Version: "1"},
			{ID: "i2", State: engine.InstanceExited, Version: "2", Exit: engine.Exit{Code: 1, OOM: true}},
		},
	}
}

// TestDiffComesBack holds rule 2.2: all that an observation carries arrives.
func TestDiffComesBack(t *testing.T) {
	want := anyDiff()
	got, err := StateDiffFromProto("n1", StateDiffToProto(want))
	if err != nil || !reflect.DeepEqual(got, *want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, *want)
	}
}

// TestEachWordOfADiffComesBack holds rule 2.8: each word has one value on the wire.
func TestEachWordOfADiffComesBack(t *testing.T) {
	through := func(name string, change func(*engine.StateDiff)) {
		t.Run(name, func(t *testing.T) {
			want := anyDiff()
			change(want)
			if got, err := StateDiffFromProto("n1", StateDiffToProto(want)); err != nil || !reflect.DeepEqual(got, *want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, *want)
			}
		})
	}
	for _, w := range existences {
		through(w, func(d *engine.StateDiff) { d.Existence.Existence = w })
	}
	for _, w := range runs {
		through(w, func(d *engine.StateDiff) { d.Existence.Run = w })
	}
	for _, w := range needs {
		through(w, func(d *engine.StateDiff) { d.Config.Needs = w })
	}
	for _, w := range statuses {
		through(w, func(d *engine.StateDiff) { d.Status.Status = w })
	}
	for _, w := range instanceStates {
		through("instance "+string(w), func(d *engine.StateDiff) { d.Instances[0].State = w })
	}
}

// TestMalformedDiffNamesItsField holds rule 2.2: what is malformed is refused, and the error begins with the field.
func TestMalformedDiffNamesItsField(t *testing.T) {
	long := strings.Repeat("x", 257)
	for field, spoil := range map[string]func(*apiv1.StateDiff){
		"resource_id":              func(m *apiv1.StateDiff) { m.ResourceId = nil },
		"resource_id.kind":         func(m *apiv1.StateDiff) { m.ResourceId.Kind = "pod" },
		"resource_id.namespace":    func(m *apiv1.StateDiff) { m.ResourceId.Namespace = "" },
		"resource_id.name":         func(m *apiv1.StateDiff) { m.ResourceId.Name = "a/b" },
		"node":                     func(m *apiv1.StateDiff) { m.Node = "n2" },
		"spec_revision":            func(m *apiv1.StateDiff) { m.SpecRevision = -1 },
		"counter.start":            func(m *apiv1.StateDiff) { m.Counter = nil },
		"counter.n":                func(m *apiv1.StateDiff) { m.Counter.N = 0 },
		"existence_diff.existence": func(m *apiv1.StateDiff) { m.ExistenceDiff.Existence = 99 },
		"existence_diff.run":       func(m *apiv1.StateDiff) { m.ExistenceDiff.Run = -1 },
		"version_diff.desired":     func(m *apiv1.StateDiff) { m.VersionDiff.Desired = long },
		"version_diff.actual":      func(m *apiv1.StateDiff) { m.VersionDiff.Actual = long },
		"config_diff.needs":        func(m *apiv1.StateDiff) { m.ConfigDiff.Needs = 99 },
		"config_diff.keys":         func(m *apiv1.StateDiff) { m.ConfigDiff.Keys = []string{""} },
		"status_diff.status":       func(m *apiv1.StateDiff) { m.StatusDiff.Status = 99 },
		"instances.id":             func(m *apiv1.StateDiff) { m.Instances[1].Id = m.Instances[0].Id },
		"instances.id: they have more than 65536 bytes together": func(m *apiv1.StateDiff) { // a record keeps them several times
			for n := range 300 {
				m.Instances = append(m.Instances, &apiv1.Instance{Id: fmt.Sprintf("%0256d", n)})
			}
		},
		"instances.state":   func(m *apiv1.StateDiff) { m.Instances[0].State = 99 },
		"instances.version": func(m *apiv1.StateDiff) { m.Instances[0].Version = long },
		"instances": func(m *apiv1.StateDiff) {
			for n := range 1000 {
				m.Instances = append(m.Instances, &apiv1.Instance{Id: fmt.Sprint("more", n)})
			}
		},
	} {
		t.Run(field, func(t *testing.T) {
			m := StateDiffToProto(anyDiff())
			spoil(m)
			_, err := StateDiffFromProto("n1", m)
			var e *engine.Error
			if !errors.As(err, &e) || e.Kind != engine.Invalid || !strings.HasPrefix(e.Text+": ", field+": ") {
				t.Errorf("got %v, want an Invalid error of the field %s", err, field)
			}
		})
	}
}

// TestBlindDiffSaysNothingElse holds rule 2.3: of a service that is not seen nothing is believed.
func TestBlindDiffSaysNothingElse(t *testing.T) {
	m := StateDiffToProto(anyDiff())
	m.CannotSee = "the runtime hangs"
	got, err := StateDiffFromProto("n1", m)
	want := engine.StateDiff{Node: "n1", Service: engine.Service("shop", "cart"), Rev: 7, Counter: engine.Counter{Start: 3, N: 9}, Blind: true}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestDiffWithoutDifference: what says that nothing differs is no difference, and instances come in order of ids.
func TestDiffWithoutDifference(t *testing.T) {
	m := &apiv1.StateDiff{
		ResourceId: &apiv1.ResourceId{Namespace: "shop", Name: "cart"}, Node: "n1", Counter: &apiv1.Counter{Start: 1, N: 1},
		ExistenceDiff: &apiv1.ExistenceDiff{}, ScaleDiff: &apiv1.ScaleDiff{Desired: 2, Actual: 2}, VersionDiff: &apiv1.VersionDiff{Desired: "1", Actual: "1"},
		Instances: []*apiv1.Instance{{Id: "b"}, {Id: "a", Exit: &apiv1.Exit{Code: 3}}},
	}
	got, err := StateDiffFromProto("n1", m)
	if err != nil || got.Parts() != engine.NoDifference {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := []engine.Instance{{ID: "a", State: engine.InstanceStarting}, {ID: "b", State: engine.InstanceStarting}}
	if !reflect.DeepEqual(got.Instances, want) {
		t.Errorf("instances: %+v", got.Instances)
	}
}

// FuzzStateDiff: whatever an agent sends is an observation within bounds or an Invalid error.
func FuzzStateDiff(f *testing.F) {
	b, err := proto.Marshal(StateDiffToProto(anyDiff()))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		m := &apiv1.StateDiff{}
		if proto.Unmarshal(b, m) != nil {
			return
		}
		d, err := StateDiffFromProto("n1", m)
		var e *engine.Error
		if err != nil && (!errors.As(err, &e) || e.Kind != engine.Invalid) {
			t.Errorf("an error without its kind: %v", err)
		}
		if err == nil && (d.Node != "n1" || CheckResource(d.Service) != nil || len(d.Instances) > MaxInstances) {
			t.Errorf("out of bounds: %+v", d)
		}
	})
}

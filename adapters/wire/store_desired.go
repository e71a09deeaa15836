package wire

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// SpecToJSON is the value of a desired key: protobuf JSON of a ServiceSpec in one line, the same for the same spec. An
// Invalid error names the field that is wrong.
func SpecToJSON(s *engine.Spec) ([]byte, error) {
	m, err := SpecToProto(s)
	if err == nil {
		err = checkSpec(m, s)
	}
	if err != nil {
		return nil, err
	}
	return canonical("", m)
}

// SpecFromJSON reads the value of a desired key, strictly: an Invalid error names the field that is unknown or wrong.
func SpecFromJSON(b []byte) (*engine.Spec, error) {
	if len(b) > MaxSpec {
		return nil, invalid("spec: it has %d bytes, more than %d", len(b), MaxSpec)
	}
	m := &apiv1.ServiceSpec{}
	if err := protojson.Unmarshal(b, m); err != nil {
		return nil, invalid("spec: %s", reason(err))
	}
	return SpecFromProto(m)
}

// SpecToProto is a spec as the API shows it. An Invalid error says that the workload is no JSON object.
func SpecToProto(s *engine.Spec) (*apiv1.ServiceSpec, error) {
	m := &apiv1.ServiceSpec{
		Node:         s.Node,
		Replicas:     proto.Uint32(s.Replicas),
		Version:      s.Version,
		Config:       s.Config,
		Dependencies: each(s.Dependencies, ResourceToProto),
		Labels:       s.Labels,
		Criticality:  s.Criticality,
		State:        string(s.State),
	}
	if s.Resources != (engine.Resources{}) {
		m.Resources = &apiv1.ResourceRequirements{CpuMillis: s.Resources.CPUMillis, MemoryBytes: s.Resources.MemoryBytes}
	}
	if s.StartPeriod != 0 {
		m.StartPeriod = durationpb.New(s.StartPeriod)
	}
	if s.Workload != "" {
		m.Workload = &structpb.Struct{}
		if err := protojson.Unmarshal([]byte(s.Workload), m.Workload); err != nil {
			return nil, invalid("spec: workload: %s", reason(err))
		}
	}
	return m, nil
}

// SpecFromProto reads a spec that the API or a desired key gives. An Invalid error names the field that is wrong.
// Absent replicas are 1, an empty state is Running.
func SpecFromProto(m *apiv1.ServiceSpec) (*engine.Spec, error) {
	s := &engine.Spec{
		Node:         m.GetNode(),
		Replicas:     1,
		Version:      m.GetVersion(),
		Config:       m.GetConfig(),
		Resources:    engine.Resources{CPUMillis: m.GetResources().GetCpuMillis(), MemoryBytes: m.GetResources().GetMemoryBytes()},
		Dependencies: each(m.GetDependencies(), ResourceFromProto),
		Labels:       m.GetLabels(),
		Criticality:  m.GetCriticality(),
		StartPeriod:  m.GetStartPeriod().AsDuration(),
		State:        engine.Phase(m.GetState()),
	}
	if m != nil && m.Replicas != nil {
		s.Replicas = *m.Replicas
	}
	if s.State == "" {
		s.State = engine.Running
	}
	if w := m.GetWorkload(); w != nil {
		b, err := canonical("workload: ", w)
		if err != nil {
			return nil, err
		}
		s.Workload = string(b)
	}
	return s, checkSpec(m, s)
}

// ResourceToProto is the id of a resource as the API shows it.
func ResourceToProto(id engine.ResourceID) *apiv1.ResourceId {
	return &apiv1.ResourceId{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
}

// ResourceFromProto is the id that the API gives; CheckResource says whether it may be one.
func ResourceFromProto(m *apiv1.ResourceId) engine.ResourceID {
	id := engine.ResourceID{Kind: m.GetKind(), Namespace: m.GetNamespace(), Name: m.GetName()}
	if id.Kind == "" {
		id.Kind = "service"
	}
	return id
}

// canonical is a message as JSON in one line. The library varies its spaces on purpose, so they are taken out.
func canonical(field string, m proto.Message) ([]byte, error) {
	b, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, invalid("spec: %s%s", field, reason(err))
	}
	var out bytes.Buffer
	if err := json.Compact(&out, b); err != nil {
		return nil, invalid("spec: %s%v", field, err)
	}
	return out.Bytes(), nil
}

// Errors of protobuf's JSON repeat the value that was wrong, which may be a secret: of such a one only this is kept.
var told = []*regexp.Regexp{
	regexp.MustCompile(`^\(line \d+:\d+\): (unknown|duplicate) field "\w{1,40}"$`),
	regexp.MustCompile(`^.{1,80}? field \w+`),
	regexp.MustCompile(`^.{1,60}?(unexpected token|invalid \w+)`),
	regexp.MustCompile(`^[^"]*`),
}

// reason is the reason of an error of protobuf's JSON: without the library's name, whose spaces vary, and without values.
func reason(err error) string {
	text := strings.TrimLeft(strings.TrimPrefix(err.Error(), "proto:"), " \u00a0")
	for _, r := range told {
		if m := r.FindString(text); m != "" {
			return m
		}
	}
	return "it is not as it must be"
}

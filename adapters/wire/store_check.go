package wire

import (
	"cmp"
	"maps"
	"regexp"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// The bounds of a desired spec.
const (
	MaxSpec     = 64 << 10 // bytes of its JSON
	MaxReplicas = 1000
	maxWord     = 253 // bytes of a version, a criticality, a label or the name of a configuration entry
)

var (
	label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	node  = regexp.MustCompile(`^[A-Za-z0-9]([-._A-Za-z0-9]{0,251}[A-Za-z0-9])?$`)
)

// CheckResource says whether a resource may have this id: an Invalid error names the part that is wrong.
func CheckResource(id engine.ResourceID) error {
	switch {
	case id.Kind != "service":
		return invalid("kind: %q is not service", id.Kind)
	case !label.MatchString(id.Namespace):
		return notLabel("namespace", id.Namespace)
	case !label.MatchString(id.Name):
		return notLabel("name", id.Name)
	}
	return nil
}

func notLabel(field, value string) error {
	return invalid("%s: %.80q is not 1 to 63 of a-z, 0-9 and -, with a letter or digit at both ends", field, value)
}

// checkSpec says whether a spec that was read from m may be one.
func checkSpec(m *apiv1.ServiceSpec, s *engine.Spec) error {
	if u := m.ProtoReflect().GetUnknown(); len(u) > 0 {
		n, _, _ := protowire.ConsumeTag(u)
		return invalid("spec: field number %d is unknown to this version", n)
	}
	for _, err := range []error{checkNumbers(m, s), checkWords(s), checkDependencies(s)} {
		if err != nil {
			return err
		}
	}
	b, err := canonical("", m)
	if err == nil && len(b) > MaxSpec {
		err = invalid("spec: its JSON has %d bytes, more than %d", len(b), MaxSpec)
	}
	return err
}

func checkNumbers(m *apiv1.ServiceSpec, s *engine.Spec) error {
	switch {
	case s.Replicas > MaxReplicas:
		return invalid("spec: replicas: %d is more than %d", s.Replicas, MaxReplicas)
	case s.Resources.CPUMillis < 0:
		return invalid("spec: resources.cpu_millis: %d is negative", s.Resources.CPUMillis)
	case s.Resources.MemoryBytes < 0:
		return invalid("spec: resources.memory_bytes: %d is negative", s.Resources.MemoryBytes)
	case m.GetStartPeriod() != nil && m.GetStartPeriod().CheckValid() != nil:
		return invalid("spec: start_period: %s", reason(m.GetStartPeriod().CheckValid()))
	case s.StartPeriod < 0:
		return invalid("spec: start_period: %s is negative", s.StartPeriod)
	}
	return nil
}

func checkWords(s *engine.Spec) error {
	switch {
	case s.Node == "":
		return invalid("spec: node: it is missing")
	case !node.MatchString(s.Node):
		return invalid("spec: node: %.80q is not 1 to 253 letters, digits, '-', '.' and '_', with a letter or digit at both ends", s.Node)
	case s.State != engine.Running && s.State != engine.Pending:
		return invalid("spec: state: %.80q is neither Running nor Pending", s.State)
	case len(s.Version) > maxWord:
		return tooLong("version", s.Version)
	case len(s.Criticality) > maxWord:
		return tooLong("criticality", s.Criticality)
	}
	return cmp.Or(checkNames("config", s.Config), checkNames("labels", s.Labels))
}

func checkNames(field string, m map[string]string) error {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if k == "" {
			return invalid("spec: %s: an entry has no name", field)
		} else if len(k) > maxWord {
			return tooLong(field, k)
		} else if field == "labels" && len(m[k]) > maxWord {
			return tooLong(field+"."+k, m[k])
		}
	}
	return nil
}

func tooLong(field, value string) error {
	return invalid("spec: %s: %.20q... has %d bytes, more than %d", field, value, len(value), maxWord)
}

func checkDependencies(s *engine.Spec) error {
	for i, d := range s.Dependencies {
		if err := CheckResource(d); err != nil {
			return invalid("spec: dependencies[%d].%s", i, err)
		} else if slices.Contains(s.Dependencies[:i], d) {
			return invalid("spec: dependencies[%d]: %s is named twice", i, d)
		}
	}
	return nil
}

package engine

import (
	"maps"
	"slices"
	"time"
)

// Spec is what is wanted of a service (rule 1.2). It is immutable: whoever changes one makes a copy.
type Spec struct {
	Node         string // the one node that it runs at
	Replicas     uint32 // instances there
	Version      string
	Config       map[string]string // never logged, never a fact
	Resources    Resources
	Dependencies []ResourceID
	Labels       map[string]string
	Criticality  string        // a profile of the pack may match it
	StartPeriod  time.Duration // until when an instance may be not ready
	State        Phase         // Running, or Pending: kept stopped
	Workload     string        // opaque to the State Manager: canonical JSON for the controller
}

// Resources are what one instance needs. Zero means not said.
type Resources struct {
	CPUMillis   int64 // thousandths of a CPU
	MemoryBytes int64
}

// Equal says whether two specs want the same.
func (s *Spec) Equal(o *Spec) bool {
	return s.Node == o.Node && s.Replicas == o.Replicas && s.Version == o.Version && maps.Equal(s.Config, o.Config) &&
		s.Resources == o.Resources && slices.Equal(s.Dependencies, o.Dependencies) && maps.Equal(s.Labels, o.Labels) &&
		s.Criticality == o.Criticality && s.StartPeriod == o.StartPeriod && s.State == o.State && s.Workload == o.Workload
}

// Instances is how many instances the spec wants: none when it is kept stopped.
func (s *Spec) Instances() uint32 {
	if s.State == Pending {
		return 0
	}
	return s.Replicas
}

// Pair is the version and the configuration of the spec, which roll-backs treat as one (rule 1.6).
func (s *Spec) Pair() *Pair { return &Pair{s.Version, s.Config} }

// Pair is a version and a configuration that go together.
type Pair struct {
	Version string
	Config  map[string]string
}

// Equal says whether two pairs are the same; nil equals nil.
func (p *Pair) Equal(o *Pair) bool {
	return p == o || p != nil && o != nil && p.Version == o.Version && maps.Equal(p.Config, o.Config)
}

// Desired is the content of a desired key (rule 1.2).
type Desired struct {
	Spec       Spec
	Generation int64 // mod revision of the put that last changed the content
	Observed   int64 // mod revision of the newest put taken in, changed or not
	Created    int64 // create revision: another one means deleted and applied again
}

// shared is a spec, the desired one in its place if they are equal: what is equal is held once.
func (d *Desired) shared(s *Spec) *Spec {
	if d != nil && d.Spec.Equal(s) {
		return &d.Spec
	}
	return s
}

// Overrides are what recovery changed (rule 1.3); the zero value changes nothing.
type Overrides struct {
	Pair     *Pair // last_good in place of version and config
	Node     string
	Isolated bool // no instance is wanted
}

// Apply is the effective spec: the desired one with the overrides.
func (o Overrides) Apply(s Spec) Spec {
	if o.Pair != nil {
		s.Version, s.Config = o.Pair.Version, o.Pair.Config
	}
	if o.Node != "" {
		s.Node = o.Node
	}
	if o.Isolated {
		s.Replicas = 0
	}
	return s
}

// After is what a new generation leaves in force: all but isolated and the overrides of fields that it changed (rule 1.4).
func (o Overrides) After(old, now *Spec) Overrides {
	o.Isolated = false
	if !old.Pair().Equal(now.Pair()) {
		o.Pair = nil
	}
	if old.Node != now.Node {
		o.Node = ""
	}
	return o
}

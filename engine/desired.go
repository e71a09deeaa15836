package engine

import (
	"slices"
	"strconv"
	"strings"
)

// desired takes the content of a desired key; nil = deleted.
func (s *step) desired(id ResourceID, d *Desired) {
	if s.held[id] {
		return
	}
	v := s.services[id]
	switch had := v != nil && v.rec != nil; {
	case d == nil && (!had || v.rec.Desired == nil):
	case d == nil:
		s.deleted(v)
	case !had:
		s.created(s.service(id), d)
	default:
		s.changed(v, d)
	}
}

// created makes the record of a service. What already runs there is adopted (rule 2.6).
func (s *step) created(v *service, d *Desired) {
	v.rec = &Record{ID: v.id, Desired: d, Spec: &d.Spec, Rev: d.Created, Seq: d.Created, Phase: Pending, SpecAt: s.now, PhaseAt: s.now, CondAt: s.now}
	v.dirty = true
	s.tell(v, EventDesired, SourceOperator, changes(&Spec{}, &d.Spec), generation(d))
	s.arrive(v)
}

// arrive has the effective spec known where it is wanted.
func (s *step) arrive(v *service) {
	s.placeAt(v, v.home())
	s.depend(v, v.rec.Spec.Dependencies)
	s.regroup(v)
	s.wellness(v)
	s.report(v)
	s.touch(v)
}

// deleted keeps the record as Terminating until the removal is seen (rule 1.7).
func (s *step) deleted(v *service) {
	s.tell(v, EventDesired, SourceOperator, []FieldChange{{"desired", "present", "deleted"}})
	r := v.edit()
	r.Desired, r.SpecAt = nil, s.now
	s.afresh(v)
	s.supersede(v)
	s.leave(v, v.home())
	s.wellness(v)
	s.touch(v)
}

// changed takes another content of a key that has a record. Equal content is no new generation.
func (s *step) changed(v *service, d *Desired) {
	old := v.rec.Desired
	again := old == nil || old.Created != d.Created
	switch {
	case !again && old.Spec.Equal(&d.Spec):
		if d.Observed != old.Observed {
			x, r := *old, v.edit()
			x.Observed = d.Observed
			r.Desired, r.Spec = &x, x.shared(r.Spec)
			s.touch(v)
		}
		return
	case again: // overrides, counters and last_good go (rule 1.7)
		r := v.edit()
		r.Over, r.LastGood, r.Rev, r.Seq = Overrides{}, nil, max(r.Rev, d.Created-1), max(r.Seq, d.Created)
		old = &Desired{Spec: *r.Spec}
	default:
		v.edit().Over = v.rec.Over.After(&old.Spec, &d.Spec)
	}
	s.tell(v, EventDesired, SourceOperator, changes(&old.Spec, &d.Spec), generation(d))
	r := v.edit()
	r.Desired, r.SpecAt = d, s.now
	s.afresh(v)
	s.respec(v)
	s.supersede(v)
}

// afresh ends the ladder and clears counters, as a new generation and a retry do (rule 1.4).
func (s *step) afresh(v *service) {
	r := v.edit()
	r.Ladder, r.Plans, r.NeverRan, r.Told, r.Standing = nil, 0, 0, nil, ""
	r.History = r.History.After(Cleared{})
	v.figures, v.rest = 0, v.rest.afresh()
	for _, p := range v.places {
		p.left = 0
	}
}

// respec makes a new spec revision of what desired and overrides say: what was observed says nothing about it.
func (s *step) respec(v *service) {
	r := v.edit()
	before := r.Spec.Node
	spec := r.Over.Apply(r.Desired.Spec)
	r.Spec, r.Standing = r.Desired.shared(&spec), ""
	r.Rev++
	if spec.Node != before {
		s.leave(v, before)
	}
	s.arrive(v)
}

// leave has a node forget the service, and remembers durably that it may still run there.
func (s *step) leave(v *service, node string) {
	r := v.edit()
	if !r.isAway(node) {
		r.Away = append(slices.Clone(r.Away), Away{Node: node})
	}
	s.forget(v, node)
}

// supersede ends the actions that the old spec asked for: their outcome, once known, says nothing. A removal where the
// service is still not wanted stays right.
func (s *step) supersede(v *service) {
	for _, a := range v.rec.Slots {
		switch {
		case a.Wanted != WantedYes && !v.wantedAt(a.Node) || a.Over:
		case a.ended():
			s.conclude(v, a, Superseded)
		default:
			v.editSlot(a).Over = true
		}
	}
}

func generation(d *Desired) Field {
	return Field{"generation", strconv.FormatInt(d.Generation, 10)}
}

// changes are the fields that differ between two specs. Of a configuration only the names of the keys are told.
func changes(old, now *Spec) (out []FieldChange) {
	add := func(field, a, b string) {
		if a != b {
			out = append(out, FieldChange{field, a, b})
		}
	}
	add("node", old.Node, now.Node)
	add("replicas", strconv.Itoa(int(old.Replicas)), strconv.Itoa(int(now.Replicas)))
	add("version", old.Version, now.Version)
	add("state", string(old.State), string(now.State))
	add("criticality", old.Criticality, now.Criticality)
	add("start_period", old.StartPeriod.String(), now.StartPeriod.String())
	add("dependencies", ids(old.Dependencies), ids(now.Dependencies))
	add("cpu_millis", strconv.FormatInt(old.Resources.CPUMillis, 10), strconv.FormatInt(now.Resources.CPUMillis, 10))
	add("memory_bytes", strconv.FormatInt(old.Resources.MemoryBytes, 10), strconv.FormatInt(now.Resources.MemoryBytes, 10))
	add("labels", "", strings.Join(differing(old.Labels, now.Labels), " "))
	if old.Workload != now.Workload { // it may hold what nobody is to read
		add("workload", "", "changed")
	}
	add("config", "", strings.Join(differing(old.Config, now.Config), " "))
	return out
}

// ids lists services.
func ids(list []ResourceID) string {
	out := make([]string, len(list))
	for i, id := range list {
		out[i] = id.String()
	}
	return join(out)
}

// differing are the sorted keys whose values differ.
func differing(a, b map[string]string) (keys []string) {
	for k, x := range a {
		if y, ok := b[k]; !ok || x != y {
			keys = append(keys, k)
		}
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return keys
}

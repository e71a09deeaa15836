package wire

import (
	"cmp"
	"slices"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// The engine's words for what an agent says. An unspecified value is taken as the proto file says.
var (
	existences = map[apiv1.ExistenceDiff_Existence]string{
		apiv1.ExistenceDiff_EXISTENCE_SAME:    "same",
		apiv1.ExistenceDiff_EXISTENCE_MISSING: "missing",
		apiv1.ExistenceDiff_EXISTENCE_SURPLUS: "surplus",
	}
	runs = map[apiv1.ExistenceDiff_Run]string{
		apiv1.ExistenceDiff_RUN_SAME:        "same",
		apiv1.ExistenceDiff_RUN_SHOULD_RUN:  "should_run",
		apiv1.ExistenceDiff_RUN_SHOULD_STOP: "should_stop",
	}
	needs = map[apiv1.ConfigDiff_Needs]string{
		apiv1.ConfigDiff_NEEDS_UNSPECIFIED: "needs_restart",
		apiv1.ConfigDiff_NEEDS_RELOAD:      "reloadable",
		apiv1.ConfigDiff_NEEDS_RESTART:     "needs_restart",
	}
	statuses = map[apiv1.StatusDiff_Status]string{
		apiv1.StatusDiff_STATUS_UNSPECIFIED: "crashed",
		apiv1.StatusDiff_STATUS_CRASHED:     "crashed",
		apiv1.StatusDiff_STATUS_NOT_READY:   "not_ready",
		apiv1.StatusDiff_STATUS_UNHEALTHY:   "unhealthy",
		apiv1.StatusDiff_STATUS_HUNG:        "hung",
		apiv1.StatusDiff_STATUS_FINISHED:    "finished",
	}
)

// StateDiffFromProto reads an observation of a node (rule 2.2), strictly: an Invalid error begins with the name of the
// field that is wrong and a colon. A difference that says that nothing differs is none. Of a service that the agent
// cannot see nothing else is believed (rule 2.3).
func StateDiffFromProto(node string, m *apiv1.StateDiff) (engine.StateDiff, error) {
	id, err := resource("resource_id", m.GetResourceId())
	if err != nil {
		return engine.StateDiff{}, err
	}
	c := m.GetCounter()
	d := engine.StateDiff{Node: m.GetNode(), Service: id, Rev: m.GetSpecRevision(), Counter: engine.Counter{Start: c.GetStart(), N: c.GetN()}}
	switch {
	case d.Node != node:
		return engine.StateDiff{}, invalid("node: %.80q is not %q", d.Node, node)
	case d.Counter.Start == 0:
		return engine.StateDiff{}, invalid("counter.start: it is missing")
	case d.Counter.N <= 0:
		return engine.StateDiff{}, invalid("counter.n: %d is not above 0", d.Counter.N)
	}
	if err := natural("spec_revision", d.Rev); err != nil {
		return engine.StateDiff{}, err
	}
	if d.Blind = m.GetCannotSee() != ""; d.Blind {
		return d, nil
	}
	if err := cmp.Or(readExistence(&d, m.ExistenceDiff), readNumbers(&d, m), readConfig(&d, m.ConfigDiff), readStatus(&d, m.StatusDiff)); err != nil {
		return engine.StateDiff{}, err
	}
	d.Instances, err = InstancesFromProto(m.Instances)
	return d, err
}

func readExistence(d *engine.StateDiff, m *apiv1.ExistenceDiff) error {
	existence, err := word("existence_diff.existence", existences, m.GetExistence())
	run, err2 := word("existence_diff.run", runs, m.GetRun())
	if existence != "same" || run != "same" {
		d.Existence = &engine.ExistenceDiff{Existence: existence, Run: run}
	}
	return cmp.Or(err, err2)
}

func readNumbers(d *engine.StateDiff, m *apiv1.StateDiff) error {
	if x := m.ScaleDiff; x.GetDesired() != x.GetActual() {
		d.Scale = &engine.ScaleDiff{Desired: x.Desired, Actual: x.Actual}
	}
	x := m.VersionDiff
	if x.GetDesired() != x.GetActual() {
		d.Version = &engine.VersionDiff{Desired: x.Desired, Actual: x.Actual}
	}
	return cmp.Or(short("version_diff.desired", x.GetDesired()), short("version_diff.actual", x.GetActual()))
}

func readConfig(d *engine.StateDiff, m *apiv1.ConfigDiff) error {
	if m == nil {
		return nil
	}
	need, err := word("config_diff.needs", needs, m.Needs)
	if err == nil && len(m.Keys) > maxKeys {
		err = invalid("config_diff.keys: there are %d, more than %d", len(m.Keys), maxKeys)
	}
	for _, k := range m.Keys {
		err = cmp.Or(err, given("config_diff.keys", k))
	}
	d.Config = &engine.ConfigDiff{Needs: need, Keys: slices.Compact(slices.Sorted(slices.Values(m.Keys)))}
	return err
}

func readStatus(d *engine.StateDiff, m *apiv1.StatusDiff) error {
	if m == nil {
		return nil
	}
	status, err := word("status_diff.status", statuses, m.Status)
	d.Status = &engine.StatusDiff{Status: status}
	return err
}

// StateDiffToProto is an observation as an agent says it.
func StateDiffToProto(d *engine.StateDiff) *apiv1.StateDiff {
	m := &apiv1.StateDiff{
		ResourceId:   ResourceToProto(d.Service),
		Node:         d.Node,
		SpecRevision: d.Rev,
		Counter:      &apiv1.Counter{Start: d.Counter.Start, N: d.Counter.N},
		Instances:    InstancesToProto(d.Instances),
	}
	if d.Blind {
		m.CannotSee = "the runtime does not answer"
	}
	if x := d.Existence; x != nil {
		m.ExistenceDiff = &apiv1.ExistenceDiff{Existence: value(existences, x.Existence), Run: value(runs, x.Run)}
	}
	if x := d.Scale; x != nil {
		m.ScaleDiff = &apiv1.ScaleDiff{Desired: x.Desired, Actual: x.Actual}
	}
	if x := d.Version; x != nil {
		m.VersionDiff = &apiv1.VersionDiff{Desired: x.Desired, Actual: x.Actual}
	}
	if x := d.Config; x != nil {
		m.ConfigDiff = &apiv1.ConfigDiff{Needs: value(needs, x.Needs), Keys: x.Keys}
	}
	if x := d.Status; x != nil {
		m.StatusDiff = &apiv1.StatusDiff{Status: value(statuses, x.Status)}
	}
	return m
}

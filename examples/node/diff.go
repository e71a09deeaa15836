package node

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strings"
	"time"

	apiv1 "statemanager/proto/statemanager/v1"
)

// digests are those of the values of a configuration, by key: what is compared, so that values need not be kept.
type digests map[string][sha256.Size]byte

func digest(config map[string]string) digests {
	d := digests{}
	for k, v := range config {
		d[k] = sha256.Sum256([]byte(v))
	}
	return d
}

// changed are the keys whose values differ, sorted.
func (d digests) changed(o digests) []string {
	keys := map[string]bool{}
	for k := range d {
		keys[k] = true
	}
	for k := range o {
		keys[k] = true
	}
	maps.DeleteFunc(keys, func(k string, _ bool) bool {
		a, inD := d[k]
		b, inO := o[k]
		return inD && inO && a == b
	})
	return slices.Sorted(maps.Keys(keys))
}

// seen is what was seen of an instance.
type seen struct {
	*apiv1.Instance
	config     digests
	reloadable bool
	stopped    bool
	age        time.Duration // since its start
}

// see looks at each instance of a service now, in the order of their ids.
func (s *supervisor) see(id serviceID) []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []seen
	for _, i := range s.services[id] {
		x := seen{&apiv1.Instance{Id: i.id, Version: i.version}, i.config, i.reload != 0, i.stopped.Load(), time.Since(i.started)}
		if x.State = i.state(x.age); i.look() {
			x.State, x.Exit = apiv1.Instance_STATE_EXITED, i.exit
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b seen) int { return strings.Compare(a.Id, b.Id) })
	return out
}

// wanted is how many instances a spec wants: none when it is kept stopped.
func wanted(spec *apiv1.ServiceSpec) int {
	switch {
	case spec.GetState() == "Pending":
		return 0
	case spec.Replicas == nil:
		return 1
	}
	return int(spec.GetReplicas())
}

// compare fills in how the instances differ from a spec, nil meaning that there is none.
func compare(d *apiv1.StateDiff, spec *apiv1.ServiceSpec, instances []seen) {
	for _, x := range instances {
		d.Instances = append(d.Instances, x.Instance)
	}
	switch {
	case spec == nil && len(instances) > 0:
		d.ExistenceDiff = &apiv1.ExistenceDiff{Existence: apiv1.ExistenceDiff_EXISTENCE_SURPLUS}
	case spec == nil:
	case wanted(spec) == 0:
		if slices.ContainsFunc(instances, seen.runs) {
			d.ExistenceDiff = &apiv1.ExistenceDiff{Run: apiv1.ExistenceDiff_RUN_SHOULD_STOP}
		}
	case len(instances) == 0:
		d.ExistenceDiff = &apiv1.ExistenceDiff{Existence: apiv1.ExistenceDiff_EXISTENCE_MISSING}
	default:
		differ(d, spec, instances)
	}
}

// differ compares instances with a spec that wants some. What an action has stopped differs in that alone.
func differ(d *apiv1.StateDiff, spec *apiv1.ServiceSpec, instances []seen) {
	if want := wanted(spec); len(instances) != want {
		d.ScaleDiff = &apiv1.ScaleDiff{Desired: uint32(want), Actual: uint32(len(instances))}
	}
	config := digest(spec.GetConfig())
	for _, x := range instances {
		if x.halted() {
			d.ExistenceDiff = &apiv1.ExistenceDiff{Run: apiv1.ExistenceDiff_RUN_SHOULD_RUN}
			continue
		}
		if x.Version != spec.GetVersion() && d.VersionDiff == nil {
			d.VersionDiff = &apiv1.VersionDiff{Desired: spec.GetVersion(), Actual: x.Version}
		}
		differConfig(d, x, config)
		differStatus(d, x, spec.GetStartPeriod().AsDuration())
	}
}

func (x seen) runs() bool { return x.State != apiv1.Instance_STATE_EXITED }

// halted says that an action has stopped it.
func (x seen) halted() bool { return x.stopped && !x.runs() }

// differConfig adds the keys of an instance that differ; one that needs a restart makes all of them need it.
func differConfig(d *apiv1.StateDiff, x seen, config digests) {
	keys := x.config.changed(config)
	if len(keys) == 0 {
		return
	}
	if d.ConfigDiff == nil {
		d.ConfigDiff = &apiv1.ConfigDiff{Needs: apiv1.ConfigDiff_NEEDS_RELOAD}
	}
	if !x.reloadable {
		d.ConfigDiff.Needs = apiv1.ConfigDiff_NEEDS_RESTART
	}
	all := append(d.ConfigDiff.Keys, keys...)
	slices.Sort(all)
	d.ConfigDiff.Keys = slices.Compact(all)
}

// statuses are what can be wrong with an instance, the worst first.
var statuses = []apiv1.StatusDiff_Status{
	apiv1.StatusDiff_STATUS_CRASHED, apiv1.StatusDiff_STATUS_FINISHED, apiv1.StatusDiff_STATUS_NOT_READY,
	apiv1.StatusDiff_STATUS_HUNG, apiv1.StatusDiff_STATUS_UNHEALTHY,
}

// differStatus keeps the worst status.
func differStatus(d *apiv1.StateDiff, x seen, startPeriod time.Duration) {
	s := x.status(startPeriod)
	if s == apiv1.StatusDiff_STATUS_UNSPECIFIED {
		return
	}
	if d.StatusDiff == nil || slices.Index(statuses, s) < slices.Index(statuses, d.StatusDiff.Status) {
		d.StatusDiff = &apiv1.StatusDiff{Status: s}
	}
}

func (x seen) status(startPeriod time.Duration) apiv1.StatusDiff_Status {
	switch {
	case x.State == apiv1.Instance_STATE_STARTING && x.age >= startPeriod:
		return apiv1.StatusDiff_STATUS_NOT_READY
	case x.State == apiv1.Instance_STATE_UNHEALTHY:
		return apiv1.StatusDiff_STATUS_UNHEALTHY
	case x.State == apiv1.Instance_STATE_HUNG:
		return apiv1.StatusDiff_STATUS_HUNG
	case x.runs():
		return apiv1.StatusDiff_STATUS_UNSPECIFIED
	case x.Exit.GetCode() == 0 && x.Exit.GetSignal() == 0:
		return apiv1.StatusDiff_STATUS_FINISHED
	}
	return apiv1.StatusDiff_STATUS_CRASHED
}

package inmem

import (
	"cmp"
	"maps"
	"slices"

	"statemanager/engine"
)

// compare fills an observation: how the instances of a service differ from its spec (rule 2.8). Without a spec every
// instance is left over.
func compare(d *engine.StateDiff, spec *engine.Spec, runs []Instance) {
	for _, i := range runs {
		d.Instances = append(d.Instances, i.Instance)
	}
	slices.SortFunc(d.Instances, func(a, b engine.Instance) int { return cmp.Compare(a.ID, b.ID) })
	if spec == nil {
		if len(runs) > 0 {
			d.Existence = &engine.ExistenceDiff{Existence: "surplus", Run: "same"}
		}
		return
	}
	want, have := spec.Instances(), uint32(len(runs))
	switch alive := slices.ContainsFunc(runs, Instance.alive); {
	case want > 0 && have == 0:
		d.Existence = &engine.ExistenceDiff{Existence: "missing", Run: "same"}
	case want == 0 && alive:
		d.Existence = &engine.ExistenceDiff{Existence: "same", Run: "should_stop"}
	}
	if want == 0 {
		return
	}
	if have != want {
		d.Scale = &engine.ScaleDiff{Desired: want, Actual: have}
	}
	for _, i := range runs {
		compareInstance(d, spec, i)
	}
	if s := worst(runs); s != "" {
		d.Status = &engine.StatusDiff{Status: s}
	}
}

func (i Instance) alive() bool { return i.State != engine.InstanceExited }

// compareInstance adds the first other version, and the names of all keys that differ.
func compareInstance(d *engine.StateDiff, spec *engine.Spec, i Instance) {
	if d.Version == nil && i.Version != spec.Version {
		d.Version = &engine.VersionDiff{Desired: spec.Version, Actual: i.Version}
	}
	differs := map[string]bool{}
	for k, v := range spec.Config {
		if have, ok := i.Config[k]; !ok || have != v {
			differs[k] = true
		}
	}
	for k := range i.Config {
		if _, ok := spec.Config[k]; !ok {
			differs[k] = true
		}
	}
	if len(differs) == 0 {
		return
	}
	if d.Config == nil {
		d.Config = &engine.ConfigDiff{Needs: "needs_restart"}
	}
	keys := append(d.Config.Keys, slices.Collect(maps.Keys(differs))...)
	slices.Sort(keys)
	d.Config.Keys = slices.Compact(keys)
}

// worst is what is wrong with the worst instance; empty means nothing.
func worst(runs []Instance) string {
	order := []string{"crashed", "hung", "unhealthy", "finished"}
	least := len(order)
	for _, i := range runs {
		at := least
		switch {
		case i.State == engine.InstanceExited && i.Exit == engine.Exit{}:
			at = 3
		case i.State == engine.InstanceExited:
			at = 0
		case i.State == engine.InstanceHung:
			at = 1
		case i.State == engine.InstanceUnhealthy:
			at = 2
		}
		least = min(least, at)
	}
	if least == len(order) {
		return ""
	}
	return order[least]
}

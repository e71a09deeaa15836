package wire

import (
	"cmp"
	"slices"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

var instanceStates = map[apiv1.Instance_State]engine.InstanceState{
	apiv1.Instance_STATE_UNSPECIFIED: engine.InstanceStarting,
	apiv1.Instance_STATE_STARTING:    engine.InstanceStarting,
	apiv1.Instance_STATE_RUNNING:     engine.InstanceRunning,
	apiv1.Instance_STATE_UNHEALTHY:   engine.InstanceUnhealthy,
	apiv1.Instance_STATE_HUNG:        engine.InstanceHung,
	apiv1.Instance_STATE_EXITED:      engine.InstanceExited,
}

// InstancesFromProto reads the instances of an observation, in order of ids. An Invalid error begins with the name of
// the field that is wrong.
func InstancesFromProto(list []*apiv1.Instance) ([]engine.Instance, error) {
	if len(list) > MaxInstances {
		return nil, invalid("instances: there are %d, more than %d", len(list), MaxInstances)
	}
	var out []engine.Instance
	size := 0
	for _, m := range list {
		i, err := instance(m)
		if size += len(i.ID); err == nil && size > maxIDs {
			err = invalid("instances.id: they have more than %d bytes together", maxIDs)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, i)
	}
	slices.SortFunc(out, func(a, b engine.Instance) int { return cmp.Compare(a.ID, b.ID) })
	for i := range out[:max(len(out)-1, 0)] {
		if out[i].ID == out[i+1].ID {
			return nil, invalid("instances.id: %q is there twice", out[i].ID)
		}
	}
	return out, nil
}

func instance(m *apiv1.Instance) (engine.Instance, error) {
	state, err := word("instances.state", instanceStates, m.GetState())
	i := engine.Instance{ID: m.GetId(), State: state, Version: m.GetVersion()}
	if x := m.GetExit(); state == engine.InstanceExited {
		i.Exit = engine.Exit{Code: x.GetCode(), Signal: x.GetSignal(), OOM: x.GetOom()}
	}
	return i, cmp.Or(given("instances.id", i.ID), err, short("instances.version", i.Version))
}

// InstancesToProto are instances as the API shows them.
func InstancesToProto(list []engine.Instance) []*apiv1.Instance {
	return each(list, func(i engine.Instance) *apiv1.Instance {
		m := &apiv1.Instance{Id: i.ID, State: value(instanceStates, i.State), Version: i.Version}
		if i.State == engine.InstanceExited {
			m.Exit = &apiv1.Exit{Code: i.Exit.Code, Signal: i.Exit.Signal, Oom: i.Exit.OOM}
		}
		return m
	})
}

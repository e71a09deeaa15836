package wire

import (
	"cmp"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

var loads = map[apiv1.Load]string{
	apiv1.Load_LOAD_UNSPECIFIED: "normal",
	apiv1.Load_LOAD_IDLE:        "idle",
	apiv1.Load_LOAD_NORMAL:      "normal",
	apiv1.Load_LOAD_BUSY:        "busy",
}

// NodeInfoFromProto reads what an agent says of its node (rule 2.5), and the name of its stream. An Invalid error
// begins with the name of the field that is wrong.
func NodeInfoFromProto(m *apiv1.NodeInfo) (info engine.NodeInfo, start int64, err error) {
	load, err := word("info.load", loads, m.GetLoad())
	if err := cmp.Or(nodeID("info.id", m.GetId()), err, nodeLabels(m.GetLabels())); err != nil {
		return engine.NodeInfo{}, 0, err
	}
	if m.Start == 0 {
		return engine.NodeInfo{}, 0, invalid("info.start: it is missing")
	}
	info = engine.NodeInfo{ID: m.Id, Labels: m.Labels, Capacity: m.Capacity, Load: load, Ready: m.Ready}
	if x := m.GetFence().GetSelfAfter(); x != nil {
		if x.CheckValid() != nil || x.AsDuration() <= 0 {
			return engine.NodeInfo{}, 0, invalid("info.fence.self_after: %d s is not above 0: leave it out where the node stops nothing by itself", x.Seconds)
		}
		info.Fence = engine.Fence{Self: true, After: x.AsDuration()}
	}
	return info, m.Start, nil
}

func nodeLabels(labels map[string]string) error {
	if len(labels) > maxLabels {
		return invalid("info.labels: there are %d, more than %d", len(labels), maxLabels)
	}
	for k, v := range labels {
		if err := cmp.Or(given("info.labels", k), short("info.labels", v)); err != nil {
			return err
		}
	}
	return nil
}

// NodeInfoToProto is what a node says of itself on the stream of that name; the API shows it with none.
func NodeInfoToProto(info engine.NodeInfo, start int64) *apiv1.NodeInfo {
	m := &apiv1.NodeInfo{Id: info.ID, Labels: info.Labels, Capacity: info.Capacity, Load: value(loads, info.Load), Ready: info.Ready, Start: start}
	if info.Fence.Self {
		m.Fence = &apiv1.Fence{SelfAfter: durationpb.New(info.Fence.After)}
	}
	return m
}

// HighestFromProto reads the newest actions that a controller has seen (rule 3.3).
func HighestFromProto(list []*apiv1.Highest) (out []engine.Highest, err error) {
	for _, m := range list {
		id, err := resource("highest.resource_id", m.GetResourceId())
		if err := cmp.Or(err, natural("highest.epoch", m.GetEpoch()), natural("highest.seq", m.GetSeq())); err != nil {
			return nil, err
		}
		if m.Epoch > engine.MaxEpoch {
			return nil, invalid("highest.epoch: %d cannot be", m.Epoch)
		}
		out = append(out, engine.Highest{Service: id, EpochSeq: engine.EpochSeq{Epoch: m.Epoch, Seq: m.Seq}})
	}
	return out, nil
}

// HighestToProto are the newest actions that a controller has seen.
func HighestToProto(list []engine.Highest) []*apiv1.Highest {
	return each(list, func(h engine.Highest) *apiv1.Highest {
		return &apiv1.Highest{ResourceId: ResourceToProto(h.Service), Epoch: h.Epoch, Seq: h.Seq}
	})
}

// maxPush is the most that one message of a push holds, in bytes: an agent may be told of a bound that is below ours.
const maxPush = MaxMessage / 2

// SpecSetToProto is a push of effective specs for the stream of that name, in as many messages as it takes: a whole set
// begins with the first, and the others add to it. An Invalid error names the spec that cannot be shown.
func SpecSetToProto(set engine.SpecSet, start int64) ([]*apiv1.UpdateResourceStateRequest, error) {
	out := []*apiv1.UpdateResourceStateRequest{{Whole: set.Whole, Start: start}}
	size := 0
	for _, u := range set.Specs {
		x, err := updateToProto(u)
		if err != nil {
			return nil, invalid("%s: %s", u.Service, err)
		}
		m := out[len(out)-1]
		if size += proto.Size(x); size > maxPush && len(m.States) > 0 {
			m, size = &apiv1.UpdateResourceStateRequest{Start: start}, proto.Size(x)
			out = append(out, m)
		}
		m.States = append(m.States, x)
	}
	return out, nil
}

func updateToProto(u engine.SpecUpdate) (x *apiv1.ResourceState, err error) {
	x = &apiv1.ResourceState{ResourceId: ResourceToProto(u.Service), SpecRevision: u.Rev, Phase: string(u.Phase)}
	if u.Spec != nil {
		x.Spec, err = SpecToProto(u.Spec)
	}
	return x, err
}

// SpecSetFromProto reads a push of effective specs, as an agent takes it.
func SpecSetFromProto(node string, m *apiv1.UpdateResourceStateRequest) (engine.SpecSet, error) {
	set := engine.SpecSet{Node: node, Whole: m.GetWhole()}
	for _, x := range m.GetStates() {
		id, err := resource("states.resource_id", x.GetResourceId())
		if err != nil {
			return engine.SpecSet{}, err
		}
		u := engine.SpecUpdate{Service: id, Rev: x.SpecRevision, Phase: engine.Phase(x.Phase)}
		if x.Spec != nil {
			if u.Spec, err = SpecFromProto(x.Spec); err != nil {
				return engine.SpecSet{}, invalid("states: %s: %s", id, err)
			}
		}
		set.Specs = append(set.Specs, u)
	}
	return set, nil
}

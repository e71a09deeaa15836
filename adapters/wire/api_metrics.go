package wire

import (
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// MetricsToProto are the figures of a cell as the MonitoringServer takes them. Its name is not among them: the caller
// adds it.
func MetricsToProto(m runner.Metrics) *apiv1.StateMetrics {
	nodes := map[string]uint32{}
	for state, n := range m.Nodes {
		nodes[nodeState(state)] += uint32(n)
	}
	return &apiv1.StateMetrics{
		Time: InstantToProto(m.At), Fence: m.Fence, Services: gauges(m.Services), Available: uint32(m.Available), Well: uint32(m.Well),
		Recoveries: gauges(m.Recoveries), Isolated: uint32(m.Isolated), Broken: uint32(m.Broken), Actions: gauges(m.Actions),
		ActionsEnded: m.Ended, Events: counts(m.Events), Decisions: m.Decisions, FailSafe: m.FailSafe, Nodes: nodes,
		NoticesWaiting: uint32(m.Notices), EffectsHeld: uint32(m.Effects), StoreAway: m.Store != nil, PolicyRevision: m.Revision,
		PolicyRefused: m.Refused, Paused: m.Paused != 0,
	}
}

// nodeState is the state of a node as the API words it.
func nodeState(s engine.NodeState) string {
	if s == engine.NodeUnheard {
		return "unknown"
	}
	return string(s)
}

func gauges[K ~string](m map[K]int) map[string]uint32 {
	out := make(map[string]uint32, len(m))
	for k, n := range m {
		out[string(k)] = uint32(n)
	}
	return out
}

func counts[K ~string](m map[K]uint64) map[string]uint64 {
	out := make(map[string]uint64, len(m))
	for k, n := range m {
		out[string(k)] = n
	}
	return out
}

package wire

import (
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// ServiceStateToProto is a service as the API shows it. Of its configuration only the keys leave the daemon.
func ServiceStateToProto(s runner.Service) *apiv1.ServiceState {
	m := &apiv1.ServiceState{
		Metadata: &apiv1.ResourceMetadata{ResourceId: ResourceToProto(s.ID), Profile: s.Profile},
		Status:   seenToProto(s.View),
	}
	m.Status.Available, m.Status.WellSince = s.Available, InstantToProto(s.WellSince)
	m.Status.Holds = each(s.Holds, engine.Hold.String)
	m.Status.Next = &apiv1.NextStep{What: s.Coming.Text, At: InstantToProto(s.Coming.At), Why: each(s.Coming.Reasons, ReasonToProto)}
	if r := s.Record; r != nil {
		if r.Desired != nil {
			m.Metadata.Generation, m.Status.ObservedGeneration = r.Desired.Generation, r.Desired.Observed
			m.Spec = shownSpec(&r.Desired.Spec)
		}
		recordToProto(m.Status, r)
		m.Status.Recovery = recoveryToProto(r.Ladder, s.Next)
		m.Status.Plan, m.Status.Results = planToProto(s.ID, r.Plan, seenAtHome(s.Seen)), resultsToProto(s)
		m.Status.Conditions, m.Status.Tracker = each(s.Conditions, conditionToProto), trackerToProto(s.Tracker)
		m.Status.LastReconcileTime = InstantToProto(reconciledAt(r, s.WellSince))
	}
	switch {
	case s.Broken != nil:
		m.Status.Broken = s.Broken.Error()
	case s.Held:
		m.Status.Broken = "its stored record cannot be read"
	}
	return m
}

// shownSpec is a spec without the values of its configuration. A workload that is no JSON is left out.
func shownSpec(s *engine.Spec) *apiv1.ServiceSpec {
	shown := *s
	shown.Config = make(map[string]string, len(s.Config))
	for k := range s.Config {
		shown.Config[k] = ""
	}
	m, err := SpecToProto(&shown)
	if err != nil {
		shown.Workload = ""
		m, _ = SpecToProto(&shown) // only the workload can be wrong
	}
	return m
}

// seenToProto is what was last seen of a service, at all nodes, and how it differs at its home.
func seenToProto(v engine.View) *apiv1.ServiceStatus {
	m := &apiv1.ServiceStatus{}
	for _, o := range v.Seen {
		m.Instances = append(m.Instances, InstancesToProto(o.Diff.Instances)...)
		for _, i := range o.Diff.Instances {
			if i.State != engine.InstanceExited {
				m.Replicas++
			}
			if i.State == engine.InstanceRunning {
				m.AvailableReplicas++
			}
		}
		if o.Home {
			m.Differences = differences(o.Diff)
		}
	}
	return m
}

// differences says what differs, in policy's words: "status: crashed".
func differences(d *engine.StateDiff) (out []string) {
	p := d.Parts()
	for _, f := range []engine.Field{
		{Name: "existence", Value: p.Existence}, {Name: "run", Value: p.Run}, {Name: "scale", Value: p.Scale},
		{Name: "version", Value: p.Version}, {Name: "config", Value: p.Config}, {Name: "status", Value: p.Status},
	} {
		if f.Value != "same" {
			out = append(out, f.Name+": "+f.Value)
		}
	}
	return out
}

func recordToProto(m *apiv1.ServiceStatus, r *engine.Record) {
	m.Phase, m.PhaseSince, m.SpecRevision, m.Isolated = string(r.Phase), InstantToProto(r.PhaseAt), r.Rev, r.Over.Isolated
	if r.Spec != nil {
		m.Node, m.Version = r.Spec.Node, r.Spec.Version
	}
	if r.LastGood != nil {
		m.LastGoodVersion = r.LastGood.Version
	}
	m.Actions = each(r.Slots, func(a *engine.Action) *apiv1.ActionStatus {
		return &apiv1.ActionStatus{Node: a.Node, Kind: string(a.Kind), Epoch: a.Epoch, Seq: a.Seq, AskedBy: string(a.By), State: string(a.State), Started: InstantToProto(a.StartedAt)}
	})
}

// recoveryToProto is how recovery stands; absent where there is no ladder.
func recoveryToProto(l *engine.Ladder, next *engine.Next) *apiv1.RecoveryStatus {
	if l == nil {
		return nil
	}
	m := &apiv1.RecoveryStatus{Issue: l.Issue, State: string(l.State), Opened: InstantToProto(l.Opened), ClosedWhy: each(l.Why, ReasonToProto)}
	if next != nil {
		m.NextAction, m.NextAt, m.NextWhy = string(next.What), InstantToProto(next.Due), each(next.Reasons, ReasonToProto)
	}
	return m
}

// NodeStateToProto is a node as the API shows it. The addresses are the configuration's: the caller adds them.
func NodeStateToProto(n engine.NodeView) *apiv1.NodeState {
	m := &apiv1.NodeState{Id: n.ID, State: nodeState(n.State), Since: InstantToProto(n.Since), Services: uint32(n.Services)}
	if n.Info.ID != "" {
		m.Info = NodeInfoToProto(n.Info, 0)
	}
	return m
}

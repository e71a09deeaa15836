package wire

import (
	"cmp"
	"strings"

	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// The API's kinds of actions; whatever else a pack names is the controller's own.
var (
	recoveryActions = map[apiv1.RecoveryAction]engine.ActionKind{
		apiv1.RecoveryAction_RECOVERY_ACTION_RESTART:          engine.Restart,
		apiv1.RecoveryAction_RECOVERY_ACTION_RECREATE:         engine.Recreate,
		apiv1.RecoveryAction_RECOVERY_ACTION_RELOCATE:         engine.Relocate,
		apiv1.RecoveryAction_RECOVERY_ACTION_ROLLBACK_VERSION: engine.Rollback,
		apiv1.RecoveryAction_RECOVERY_ACTION_RESET_CONFIG:     engine.ResetConfig,
		apiv1.RecoveryAction_RECOVERY_ACTION_ISOLATE:          engine.Isolate,
	}
	lifecycleActions = map[apiv1.LifecycleAction]engine.ActionKind{
		apiv1.LifecycleAction_LIFECYCLE_ACTION_CREATE:    engine.Create,
		apiv1.LifecycleAction_LIFECYCLE_ACTION_START:     engine.Start,
		apiv1.LifecycleAction_LIFECYCLE_ACTION_STOP:      engine.Stop,
		apiv1.LifecycleAction_LIFECYCLE_ACTION_REMOVE:    engine.Remove,
		apiv1.LifecycleAction_LIFECYCLE_ACTION_SCALE:     engine.Scale,
		apiv1.LifecycleAction_LIFECYCLE_ACTION_UPDATE:    engine.Update,
		apiv1.LifecycleAction_LIFECYCLE_ACTION_CONFIGURE: engine.Configure,
	}
)

// ActionToProto is the request for an action (rule 3.1). An Invalid error names the part of the spec that cannot be
// shown.
func ActionToProto(a *engine.Action, fence int64) (*apiv1.ActionExecutionRequest, error) {
	m := &apiv1.ActionExecutionRequest{
		Key:          KeyToProto(a.ActionRef),
		Fence:        fence,
		Action:       kindToProto(a.Kind),
		InstanceIds:  a.Instances,
		SpecRevision: a.Rev,
		Timeout:      durationpb.New(a.Row.Timeout),
	}
	if a.Spec != nil && a.Kind != engine.Remove {
		spec, err := SpecToProto(a.Spec)
		if err != nil {
			return nil, err
		}
		m.Spec = spec
	}
	return m, fits("action", m)
}

func kindToProto(k engine.ActionKind) *apiv1.Action {
	if e := value(recoveryActions, k); e != 0 {
		return &apiv1.Action{Action: &apiv1.Action_Recovery{Recovery: e}}
	}
	if e := value(lifecycleActions, k); e != 0 {
		return &apiv1.Action{Action: &apiv1.Action_Lifecycle{Lifecycle: e}}
	}
	return &apiv1.Action{Action: &apiv1.Action_Custom{Custom: string(k)}}
}

// ActionFromProto reads the request for an action as a controller takes it: the key, the kind, the instances, the spec
// and the timeout (in Row) of the action are set. An Invalid error begins with the name of the field that is wrong.
func ActionFromProto(m *apiv1.ActionExecutionRequest) (a *engine.Action, fence int64, err error) {
	ref, err := KeyFromProto(m.GetKey())
	if err != nil {
		return nil, 0, err
	}
	a = &engine.Action{ActionRef: ref, Instances: m.InstanceIds, Rev: m.SpecRevision}
	if a.Kind, err = kindFromProto(m.Action); err != nil {
		return nil, 0, err
	}
	if a.Row.Timeout = m.Timeout.AsDuration(); m.Timeout.CheckValid() != nil || a.Row.Timeout <= 0 {
		return nil, 0, invalid("timeout: it is missing or not above 0")
	}
	for _, id := range m.InstanceIds {
		if err := given("instance_ids", id); err != nil {
			return nil, 0, err
		}
	}
	if m.Spec != nil {
		if a.Spec, err = SpecFromProto(m.Spec); err != nil {
			return nil, 0, err
		}
	}
	return a, m.Fence, nil
}

func kindFromProto(m *apiv1.Action) (engine.ActionKind, error) {
	switch x := m.GetAction().(type) {
	case *apiv1.Action_Recovery:
		return word("action.recovery", recoveryActions, x.Recovery)
	case *apiv1.Action_Lifecycle:
		return word("action.lifecycle", lifecycleActions, x.Lifecycle)
	case *apiv1.Action_Custom:
		return engine.ActionKind(x.Custom), given("action.custom", x.Custom)
	}
	return "", invalid("action: it is missing")
}

// KeyToProto is the key of an action.
func KeyToProto(r engine.ActionRef) *apiv1.ActionKey {
	return &apiv1.ActionKey{ResourceId: ResourceToProto(r.Service), Node: r.Node, Epoch: r.Epoch, Seq: r.Seq}
}

// KeyFromProto reads the key of an action. An Invalid error begins with the name of the field that is wrong.
func KeyFromProto(m *apiv1.ActionKey) (engine.ActionRef, error) {
	id, err := resource("key.resource_id", m.GetResourceId())
	if err := cmp.Or(err, nodeID("key.node", m.GetNode()), natural("key.epoch", m.GetEpoch()), natural("key.seq", m.GetSeq())); err != nil {
		return engine.ActionRef{}, err
	}
	return engine.ActionRef{Node: m.Node, Service: id, EpochSeq: engine.EpochSeq{Epoch: m.Epoch, Seq: m.Seq}}, nil
}

// clipped is a text of at most maxText bytes: an outcome counts, however long its message is.
func clipped(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), maxText)], "")
}

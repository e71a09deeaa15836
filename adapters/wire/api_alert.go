package wire

import (
	"cmp"

	"google.golang.org/protobuf/types/known/timestamppb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// NoticeToProto is a notice of policy or an alert of the engine, as the MonitoringServer takes it (rule 3.6).
func NoticeToProto(n engine.Notice) *apiv1.StateAlert {
	m := &apiv1.StateAlert{
		Key:     &apiv1.AlertKey{ResourceId: resourceOrNone(n.Key.Service), Epoch: n.Key.Epoch, Seq: n.Key.Seq},
		Raised:  InstantToProto(n.At),
		Origin:  apiv1.StateAlert_ORIGIN_POLICY,
		Code:    n.Code,
		Text:    n.Text,
		Reasons: each(n.Reasons, ReasonToProto),
	}
	if n.Alert {
		m.Origin = apiv1.StateAlert_ORIGIN_ENGINE
	}
	return m
}

// NoticeFromProto reads an alert, as a MonitoringServer takes it. An Invalid error names the field that is wrong.
func NoticeFromProto(m *apiv1.StateAlert) (engine.Notice, error) {
	k := m.GetKey()
	n := engine.Notice{At: InstantFromProto(m.GetRaised()), Code: m.GetCode(), Text: m.GetText(), Alert: m.GetOrigin() == apiv1.StateAlert_ORIGIN_ENGINE}
	n.Key.EpochSeq = engine.EpochSeq{Epoch: k.GetEpoch(), Seq: k.GetSeq()}
	var err error
	if k.GetResourceId() != nil {
		n.Key.Service, err = resource("alert.key.resource_id", k.GetResourceId())
	}
	n.Reasons = each(m.GetReasons(), func(r *apiv1.Reason) engine.Reason {
		return engine.Reason{Code: r.GetCode(), Args: fieldsOf(r.GetArgs()), Text: r.GetText()}
	})
	return n, cmp.Or(err, natural("alert.key.epoch", k.GetEpoch()), natural("alert.key.seq", k.GetSeq()), given("alert.code", n.Code))
}

// ReasonToProto is a reason as the API shows it.
func ReasonToProto(r engine.Reason) *apiv1.Reason {
	return &apiv1.Reason{Code: r.Code, Args: mapOf(r.Args), Text: r.Text}
}

// InstantToProto is a moment; absent if there is none.
func InstantToProto(t engine.Instant) *timestamppb.Timestamp {
	if t == 0 {
		return nil
	}
	return timestamppb.New(t.Time())
}

// InstantFromProto reads a moment; zero if it is absent.
func InstantFromProto(m *timestamppb.Timestamp) engine.Instant {
	if m == nil {
		return 0
	}
	return engine.Instant(m.AsTime().UnixNano())
}

// resourceOrNone is an id; absent if it is the cell's.
func resourceOrNone(id engine.ResourceID) *apiv1.ResourceId {
	if id == (engine.ResourceID{}) {
		return nil
	}
	return ResourceToProto(id)
}

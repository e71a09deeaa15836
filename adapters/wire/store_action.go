package wire

import (
	"time"

	"statemanager/engine"
	storev1 "statemanager/proto/store/v1"
)

func actionToStore(a *engine.Action) *storev1.Action {
	return &storev1.Action{
		Node:       a.Node,
		Service:    resourceToStore(a.Service),
		Key:        keyToStore(a.EpochSeq),
		Kind:       string(a.Kind),
		For:        string(a.For),
		By:         string(a.By),
		Wanted:     string(a.Wanted),
		Instances:  a.Instances,
		Known:      a.Known,
		Want:       a.Want,
		Row:        rowToStore(&a.Row),
		Spec:       specToStore(a.Spec),
		Rev:        a.Rev,
		Target:     a.Target,
		StartedAt:  int64(a.StartedAt),
		State:      string(a.State),
		Result:     string(a.Result),
		Message:    a.Message,
		ResultAt:   int64(a.ResultAt),
		Deadline:   timerToStore(a.Deadline),
		Asked:      int64(a.Asked),
		UnknownAt:  int64(a.UnknownAt),
		Over:       a.Over,
		CannotTell: a.CannotTell,
	}
}

func actionFromStore(m *storev1.Action) *engine.Action {
	return &engine.Action{
		ActionRef:  engine.ActionRef{Node: m.GetNode(), Service: resourceFromStore(m.GetService()), EpochSeq: keyFromStore(m.GetKey())},
		Kind:       engine.ActionKind(m.GetKind()),
		For:        engine.ActionKind(m.GetFor()),
		By:         engine.By(m.GetBy()),
		Wanted:     engine.Wanted(m.GetWanted()),
		Instances:  m.GetInstances(),
		Known:      m.GetKnown(),
		Want:       m.GetWant(),
		Row:        rowFromStore(m.GetRow()),
		Spec:       specFromStore(m.GetSpec()),
		Rev:        m.GetRev(),
		Target:     m.GetTarget(),
		StartedAt:  engine.Instant(m.GetStartedAt()),
		State:      engine.SlotState(m.GetState()),
		Result:     engine.Result(m.GetResult()),
		Message:    m.GetMessage(),
		ResultAt:   engine.Instant(m.GetResultAt()),
		Deadline:   timerFromStore(m.GetDeadline()),
		Asked:      int(m.GetAsked()),
		UnknownAt:  engine.Instant(m.GetUnknownAt()),
		Over:       m.GetOver(),
		CannotTell: m.GetCannotTell(),
	}
}

func rowToStore(r *engine.ActionRow) *storev1.ActionRow {
	return &storev1.ActionRow{
		Name:       string(r.Name),
		Rank:       int64(r.Rank),
		Disruptive: r.Disruptive,
		Custom:     r.Custom,
		Timeout:    int64(r.Timeout),
		Within:     int64(r.Within),
		StableFor:  int64(r.StableFor),
		Clears:     int64(r.Clears),
		Covers:     words[string](r.Covers),
		Impact:     r.Impact,
		Estimated:  int64(r.Estimated),
	}
}

func rowFromStore(m *storev1.ActionRow) engine.ActionRow {
	return engine.ActionRow{
		Name:       engine.ActionKind(m.GetName()),
		Rank:       int(m.GetRank()),
		Disruptive: m.GetDisruptive(),
		Custom:     m.GetCustom(),
		Timeout:    time.Duration(m.GetTimeout()),
		Within:     time.Duration(m.GetWithin()),
		StableFor:  time.Duration(m.GetStableFor()),
		Clears:     time.Duration(m.GetClears()),
		Covers:     words[engine.ActionKind](m.GetCovers()),
		Impact:     m.GetImpact(),
		Estimated:  time.Duration(m.GetEstimated()),
	}
}

func noticeToStore(n engine.Notice) *storev1.Notice {
	return &storev1.Notice{
		Service: resourceToStore(n.Key.Service), Key: keyToStore(n.Key.EpochSeq), At: int64(n.At), Code: n.Code, Alert: n.Alert,
		Text: n.Text, Reasons: each(n.Reasons, reasonToStore),
	}
}

func noticeFromStore(m *storev1.Notice) engine.Notice {
	return engine.Notice{
		Key: engine.NoticeKey{Service: resourceFromStore(m.GetService()), EpochSeq: keyFromStore(m.GetKey())},
		At:  engine.Instant(m.GetAt()), Code: m.GetCode(), Alert: m.GetAlert(),
		Text: m.GetText(), Reasons: each(m.GetReasons(), reasonFromStore),
	}
}

package wire

import (
	"time"

	"statemanager/engine"
	storev1 "statemanager/proto/store/v1"
)

// RecordToStore are the bytes of a record: the same record has the same bytes. Gone is not among them, and neither is
// what a notice says of this process (Tries, Retry). An Invalid error says that a string is not UTF-8.
func RecordToStore(r *engine.Record) ([]byte, error) {
	return encode(&storev1.Record{
		Format:   format,
		Service:  resourceToStore(r.ID),
		Desired:  desiredToStore(r.Desired),
		Spec:     specToStore(r.Spec),
		Over:     &storev1.Overrides{Pair: pairToStore(r.Over.Pair), Node: r.Over.Node, Isolated: r.Over.Isolated},
		Rev:      r.Rev,
		Newest:   &storev1.EpochSeq{Epoch: r.Epoch, Seq: r.Seq},
		NeverRan: int64(r.NeverRan),
		Phase:    string(r.Phase),
		Standing: string(r.Standing),
		SpecAt:   int64(r.SpecAt),
		PhaseAt:  int64(r.PhaseAt),
		CondAt:   int64(r.CondAt),
		LastGood: pairToStore(r.LastGood),
		History:  historyToStore(&r.History),
		Ladder:   ladderToStore(r.Ladder),
		Slots:    each(r.Slots, actionToStore),
		Acted:    r.Acted,
		Away:     each(r.Away, awayToStore),
		Outbox:   each(r.Outbox, noticeToStore),
		Plans:    int64(r.Plans),
		Hold:     timerToStore(r.Hold),
		Told:     r.Told,
		Reviewed: r.Reviewed,
		Plan:     planToStore(r.Plan),
	}, r.Unknown)
}

// RecordFromStore reads the record of a service. An Invalid error says that the bytes are none, are of another service,
// or are in a newer format.
func RecordFromStore(id engine.ResourceID, b []byte) (*engine.Record, error) {
	m := &storev1.Record{}
	unknown, err := decode(b, m)
	if err != nil {
		return nil, err
	}
	if got := resourceFromStore(m.GetService()); got != id {
		return nil, invalid("read Record: it is of %s, not of %s", got, id)
	}
	return &engine.Record{
		ID:       id,
		Desired:  desiredFromStore(m.GetDesired()),
		Spec:     specFromStore(m.GetSpec()),
		Over:     engine.Overrides{Pair: pairFromStore(m.GetOver().GetPair()), Node: m.GetOver().GetNode(), Isolated: m.GetOver().GetIsolated()},
		Rev:      m.GetRev(),
		Seq:      m.GetNewest().GetSeq(),
		Epoch:    m.GetNewest().GetEpoch(),
		NeverRan: int32(m.GetNeverRan()),
		Phase:    engine.Phase(m.GetPhase()),
		Standing: engine.Trigger(m.GetStanding()),
		SpecAt:   engine.Instant(m.GetSpecAt()),
		PhaseAt:  engine.Instant(m.GetPhaseAt()),
		CondAt:   engine.Instant(m.GetCondAt()),
		LastGood: pairFromStore(m.GetLastGood()),
		History:  historyFromStore(m.GetHistory()),
		Ladder:   ladderFromStore(m.GetLadder()),
		Slots:    each(m.GetSlots(), actionFromStore),
		Acted:    m.GetActed(),
		Away:     each(m.GetAway(), awayFromStore),
		Outbox:   each(m.GetOutbox(), noticeFromStore),
		Plans:    int32(m.GetPlans()),
		Hold:     timerFromStore(m.GetHold()),
		Told:     m.GetTold(),
		Reviewed: m.GetReviewed(),
		Plan:     planFromStore(m.GetPlan()),
		Unknown:  unknown,
	}, nil
}

func ladderToStore(l *engine.Ladder) *storev1.Ladder {
	if l == nil {
		return nil
	}
	return &storev1.Ladder{
		Issue: l.Issue, State: string(l.State), Opened: int64(l.Opened), Base: int64(l.Base), Closed: int64(l.Closed),
		Why: each(l.Why, reasonToStore), Ran: int64(l.Ran),
	}
}

func ladderFromStore(m *storev1.Ladder) *engine.Ladder {
	if m == nil {
		return nil
	}
	return &engine.Ladder{
		Issue: m.GetIssue(), State: engine.LadderState(m.GetState()), Opened: engine.Instant(m.GetOpened()),
		Base: engine.Instant(m.GetBase()), Closed: engine.Instant(m.GetClosed()), Why: each(m.GetWhy(), reasonFromStore),
		Ran: time.Duration(m.GetRan()),
	}
}

func awayToStore(a engine.Away) *storev1.Away {
	return &storev1.Away{Node: a.Node, Tries: int64(a.Tries), Hold: timerToStore(a.Hold)}
}

func awayFromStore(m *storev1.Away) engine.Away {
	return engine.Away{Node: m.GetNode(), Tries: int(m.GetTries()), Hold: timerFromStore(m.GetHold())}
}

func planToStore(p *engine.Plan) *storev1.Plan {
	if p == nil {
		return nil
	}
	return &storev1.Plan{
		At: int64(p.At), Node: p.Node, Wanted: string(p.Wanted), Actions: words[string](p.Actions), Issue: p.Issue, Priority: int64(p.Priority),
		Critical: p.Critical, Estimated: int64(p.Estimated), Impact: p.Impact, Reasons: each(p.Reasons, reasonToStore), Revision: p.Revision,
	}
}

func planFromStore(m *storev1.Plan) *engine.Plan {
	if m == nil {
		return nil
	}
	return &engine.Plan{
		At: engine.Instant(m.GetAt()), Node: m.GetNode(), Wanted: engine.Wanted(m.GetWanted()), Actions: words[engine.ActionKind](m.GetActions()),
		Issue: m.GetIssue(), Priority: int(m.GetPriority()), Critical: m.GetCritical(), Estimated: time.Duration(m.GetEstimated()),
		Impact: m.GetImpact(), Reasons: each(m.GetReasons(), reasonFromStore), Revision: m.GetRevision(),
	}
}

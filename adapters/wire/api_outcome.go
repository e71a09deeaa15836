package wire

import (
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

var (
	results = map[apiv1.Outcome_Result]engine.Result{
		apiv1.Outcome_RESULT_UNSPECIFIED: engine.Failed,
		apiv1.Outcome_RESULT_SUCCEEDED:   engine.Succeeded,
		apiv1.Outcome_RESULT_FAILED:      engine.Failed,
		apiv1.Outcome_RESULT_TIMED_OUT:   engine.TimedOut,
		apiv1.Outcome_RESULT_REFUSED:     engine.Refused,
	}
	actionStates = map[apiv1.GetActionResponse_State]engine.ActionState{
		apiv1.GetActionResponse_STATE_UNSPECIFIED: engine.ActionCannotTell,
		apiv1.GetActionResponse_STATE_DONE:        engine.ActionDone,
		apiv1.GetActionResponse_STATE_RUNNING:     engine.ActionRunning,
		apiv1.GetActionResponse_STATE_NEVER_HEARD: engine.ActionNeverHeard,
		apiv1.GetActionResponse_STATE_CANNOT_TELL: engine.ActionCannotTell,
	}
)

// OutcomeFromProto is the outcome of an action. A result that this version does not know has failed: what is seen
// decides anyway (rule 4.1).
func OutcomeFromProto(ref engine.ActionRef, m *apiv1.Outcome) engine.ActionStatus {
	st := engine.ActionStatus{Ref: ref, State: engine.ActionDone, Result: engine.Failed, Message: clipped(m.GetMessage())}
	if r, ok := results[m.GetResult()]; ok {
		st.Result = r
	}
	if st.Result == engine.Refused {
		st.Highest = engine.EpochSeq{Epoch: max(m.HighestEpoch, 0), Seq: max(m.HighestSeq, 0)}
	}
	return st
}

// OutcomeToProto is how an action ended, as a controller says it.
func OutcomeToProto(st engine.ActionStatus) *apiv1.Outcome {
	return &apiv1.Outcome{Result: value(results, st.Result), Message: st.Message, HighestEpoch: st.Highest.Epoch, HighestSeq: st.Highest.Seq}
}

// StatusFromProto is what became of an action (rule 3.5). A state that this version does not know says nothing:
// cannot_tell.
func StatusFromProto(ref engine.ActionRef, m *apiv1.GetActionResponse) engine.ActionStatus {
	state, ok := actionStates[m.GetState()]
	switch {
	case !ok:
		state = engine.ActionCannotTell
	case state == engine.ActionDone:
		return OutcomeFromProto(ref, m.GetOutcome())
	}
	return engine.ActionStatus{Ref: ref, State: state}
}

// StatusToProto is what became of an action, as a controller says it.
func StatusToProto(st engine.ActionStatus) *apiv1.GetActionResponse {
	m := &apiv1.GetActionResponse{State: value(actionStates, st.State)}
	if st.State == engine.ActionDone {
		m.Outcome = OutcomeToProto(st)
	}
	return m
}

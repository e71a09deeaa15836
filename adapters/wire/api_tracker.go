package wire

import (
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

func conditionToProto(c engine.Condition) *apiv1.ServiceCondition {
	return &apiv1.ServiceCondition{Type: string(c.Type), Status: string(c.Status), Reason: c.Reason, Message: c.Text, Since: InstantToProto(c.Since)}
}

func trackerToProto(t engine.Tracker) *apiv1.StateTracker {
	m := t.Metrics
	return &apiv1.StateTracker{
		History: each(t.History, func(x engine.Moved) *apiv1.PhaseRecord {
			return &apiv1.PhaseRecord{Phase: string(x.To), Since: InstantToProto(x.At), Trigger: string(x.Trigger)}
		}),
		TransitionTimes: each(t.Times, func(x engine.TransitionTimes) *apiv1.TransitionTimes {
			return &apiv1.TransitionTimes{From: string(x.From), To: string(x.To), Durations: each(x.Durations, durationpb.New)}
		}),
		Issues: each(t.Issues, func(x engine.TransitionIssue) *apiv1.TransitionIssue {
			return &apiv1.TransitionIssue{Issue: x.Issue, Text: x.Text}
		}),
		Metrics: &apiv1.StabilityMetrics{
			Window: durationpb.New(m.Window), Transitions: uint32(m.Transitions), Crashes: uint32(m.Crashes), Attempts: uint32(m.Attempts),
			RunningRatio: m.Running, MeanTimeToRecover: knownDuration(m.ToRecover), MeanTimeBetweenFailures: knownDuration(m.BetweenFailures),
		},
	}
}

// knownDuration is absent when it is zero.
func knownDuration(d time.Duration) *durationpb.Duration {
	if d == 0 {
		return nil
	}
	return durationpb.New(d)
}

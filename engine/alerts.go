package engine

import "strings"

// The codes of alerts: what belongs to no service. A notice of a service has the name of an issue instead.
const (
	AlertNodeSilent        = "node_silent"
	AlertWidespreadSilence = "widespread_silence"
	AlertRefused           = "answer_refused"
	AlertFailSafe          = "policy_fail_safe"
	AlertUnsettled         = "service_unsettled"
	AlertEpochRaised       = "epoch_raised"
	AlertPackRefused       = "pack_refused"
	AlertNodeRefused       = "node_refused"
	AlertUnreadable        = "value_unreadable"
	AlertUnwritable        = "record_unwritable"
	AlertMalformedDiff     = "malformed_diff"
	AlertStoreFull         = "store_full"
)

// AlertCode is an alert with its sentence; {x} stands for an argument.
type AlertCode struct{ Code, Text string }

// Alerts is the closed list of alerts.
var Alerts = []AlertCode{
	{AlertNodeSilent, "node {node} has been silent since {since}: nothing is done there until it returns"},
	{AlertWidespreadSilence, "{silent} of {of} nodes are silent at once: the manager's own network is the likelier cause"},
	{AlertRefused, "the policy pack asked for {answer} at {rule}, first for {service}, which is refused: {why}"},
	{AlertFailSafe, "policy could not be asked at {rule} ({cause}): its fail-safe answer applies, and it is asked again"},
	{AlertUnsettled, "the policy pack contradicts itself about {service}: it is left for a second at a time"},
	{AlertEpochRaised, "a controller knows newer actions of {service} than the store: the epoch is raised from {from} to {to}"},
	{AlertPackRefused, "the policy pack of {source} was refused and the last good one serves on: {error}"},
	{AlertNodeRefused, "the agent at {address} was refused as node {node}: {error}"},
	{AlertUnreadable, "the stored value of {key} cannot be read: {error}"},
	{AlertUnwritable, "the store does not take the record of {service}, and nothing is sent for it until it does: {error}"},
	{AlertMalformedDiff, "the agent of node {node} sent an observation that is no such thing, and it was dropped: {field}"},
	{AlertStoreFull, "the store had no room left since {since}: nothing was sent until it took what was decided"},
}

// sentence is what an alert says to a human. Arguments that the sentence has no place for are added.
func sentence(code string, args []Field) string {
	text := code
	for _, a := range Alerts {
		if a.Code == code {
			text = a.Text
		}
	}
	for _, x := range args {
		if place := "{" + x.Name + "}"; strings.Contains(text, place) {
			text = strings.ReplaceAll(text, place, x.Value)
		} else {
			text += " (" + x.Name + ": " + x.Value + ")"
		}
	}
	return text
}

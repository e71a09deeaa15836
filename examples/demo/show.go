package demo

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	pb "statemanager/proto/statemanager/v1"
)

// show shows an entry of the history, and keeps it for the report.
func (s *scene) show(e *pb.HistoryEntry) {
	if d := e.GetDecision(); d != nil {
		s.decision(e, d)
		return
	}
	ev := e.GetEvent()
	m, r := ev.GetMetadata(), s.result
	switch ev.GetEventType() {
	case "difference_seen":
		r.Diffs = append(r.Diffs, m["parts"])
		s.line(e, "diff", m["parts"]+" at "+m["node"])
	case "action_started":
		s.line(e, "action", fmt.Sprintf("%s (%s) at %s, asked by %s", m["action"], m["key"], m["node"], m["by"]))
	case "action_ended":
		if m["late"] != "" {
			s.line(e, "result", fmt.Sprintf("(%s) %s, when it was over", m["key"], m["result"]))
			return
		}
		r.Actions = append(r.Actions, Action{m["action"], m["key"], m["node"], m["result"]})
		s.line(e, "result", strings.TrimSpace(fmt.Sprintf("%s (%s) %s %s", m["action"], m["key"], m["result"], m["message"])))
	case "phase_changed":
		c := ev.Changes[0]
		r.Phases = append(r.Phases, c.NewValue)
		s.line(e, "phase", fmt.Sprintf("%s -> %s (%s)", c.OldValue, c.NewValue, m["trigger"]))
	case "issue_opened":
		s.line(e, "issue", m["issue"])
	case "recovery_gave_up", "recovery_retried", "notice_raised", "service_stable", "action_deferred", "answer_refused":
		s.line(e, "event", ev.GetEventType()+pairs(m))
	}
}

// decision shows a decision. Those about phases are shown with the phase, those that find nothing to do are not shown.
func (s *scene) decision(e *pb.HistoryEntry, d *pb.PolicyDecision) {
	kept := Decision{Entrypoint: d.Entrypoint, Answer: d.Answer, Rules: d.Rules, Revision: d.PolicyRevision}
	for _, x := range d.Reasons {
		kept.Reasons = append(kept.Reasons, x.Text)
	}
	s.result.Decisions = append(s.result.Decisions, kept)
	text := ""
	switch a := d.Answer; d.Entrypoint {
	case "planning.plan":
		if text = a["actions"]; a["issue"] != "" {
			text = "recovery for " + a["issue"]
		}
	case "recovery.decision":
		if text = strings.ReplaceAll(a["action"], "give_up", "give up"); a["after"] != "" && a["after"] != "0s" {
			text += " after " + a["after"]
		}
	case "dispatch.verdict":
		text = a["verdict"]
	}
	if d.FailSafe != "" {
		text = "fail-safe: " + d.FailSafe
	}
	if text != "" {
		s.line(e, "policy", fmt.Sprintf("%s: %s, because %s [%s] (policy %.12s)", d.Entrypoint, text, strings.Join(kept.Reasons, "; "), places(d.Rules), d.PolicyRevision))
	}
}

func (s *scene) line(e *pb.HistoryEntry, what, text string) {
	s.say("   %s  %-6s  %s\n", e.Time.AsTime().Local().Format("15:04:05.000"), what, text)
}

// stamped is a time within a sentence of the daemon's, in UTC.
var stamped = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// localTimes is a text with such times as those of a zone; the demo is over within a day.
func localTimes(text string, zone *time.Location) string {
	return stamped.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return t.In(zone).Format(time.TimeOnly)
	})
}

// places are FILE:LINE each, with the lines of a file together.
func places(rules []string) string {
	var out []string
	last := ""
	for _, r := range rules {
		file, line, _ := strings.Cut(r, ":")
		if file == last {
			out[len(out)-1] += "," + line
		} else {
			out = append(out, r)
		}
		last = file
	}
	return strings.Join(out, " ")
}

// pairs are metadata in the order of their names, without the codes of reasons: the line of policy before has their sentences.
func pairs(m map[string]string) string {
	var out []string
	for k, v := range m {
		if k != "reasons" {
			out = append(out, k+"="+v)
		}
	}
	slices.Sort(out)
	if len(out) == 0 {
		return ""
	}
	return " (" + strings.Join(out, ", ") + ")"
}

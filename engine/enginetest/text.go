package enginetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"statemanager/engine"
)

// heading writes an event with its time since the story began.
func (w *World) heading(text string) {
	if !w.quiet {
		fmt.Fprintf(&w.out, "%10s %s\n", short(w.now.Sub(began)), text)
	}
}

// short is a duration without the parts that are zero.
func short(d time.Duration) string {
	s := d.Round(time.Millisecond).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func eventText(ev engine.Event) string {
	switch ev := ev.(type) {
	case engine.DiffSeen:
		return cmp.Or(map[bool]string{ev.Asked != 0: "observed "}[true], "diff ") + diffText(&ev.Diff)
	case engine.AgentChanged:
		return strings.TrimSpace(fmt.Sprintf("agent %s %s %s", ev.Node, ev.State, highestText(ev.Highest)))
	case engine.DesiredChanged:
		if ev.Desired == nil {
			return "deleted " + ev.Service.Name
		}
		return fmt.Sprintf("desired %s generation %d %s", ev.Service.Name, ev.Desired.Generation, specText(&ev.Desired.Spec))
	case engine.ActionStatus:
		return strings.TrimSpace(fmt.Sprintf("action %s #%d %s %s", ev.Ref.Service.Name, ev.Ref.Seq, ev.State, ev.Result))
	case engine.NoticeAccepted:
		return "accepted " + keyText(ev.Key)
	case engine.Command:
		return fmt.Sprintf("command %d %s %s", ev.ID, ev.Verb, ev.Service.Name)
	case engine.FactsChanged:
		return "site mode=" + ev.Site["mode"]
	case engine.PackActivated:
		return "pack " + ev.Pack.Revision
	case engine.Tick:
		return "tick"
	}
	return fmt.Sprintf("%T", ev)
}

func highestText(hs []engine.Highest) string {
	var out []string
	for _, h := range hs {
		out = append(out, fmt.Sprintf("%s #%d", h.Service.Name, h.Seq))
	}
	return strings.Join(out, " ")
}

func diffText(d *engine.StateDiff) string {
	what := []string{}
	for _, f := range engine.Fields(d.Parts(), nil) {
		if f.Value != "same" {
			what = append(what, f.Value)
		}
	}
	if d.Blind {
		what = append(what, "cannot see")
	}
	var seen []string
	for _, i := range d.Instances {
		seen = append(seen, i.ID+" "+string(i.State))
	}
	return fmt.Sprintf("%s at %s rev %d: %s [%s]", d.Service.Name, d.Node, d.Rev, cmp.Or(strings.Join(what, " "), "same"), strings.Join(seen, ", "))
}

func specText(s *engine.Spec) string {
	t := fmt.Sprintf("%dx %s/%s at %s", s.Instances(), s.Version, s.Config["c"], s.Node)
	if r := s.Config["r"]; r != "" {
		t = strings.Replace(t, "/"+s.Config["c"], "/"+s.Config["c"]+","+r, 1)
	}
	return t
}

func specSetText(x engine.SpecSet) string {
	var out []string
	for _, u := range x.Specs {
		if u.Spec == nil {
			out = append(out, "forget "+u.Service.Name)
		} else {
			out = append(out, fmt.Sprintf("%s rev %d %s", u.Service.Name, u.Rev, specText(u.Spec)))
		}
	}
	if x.Whole {
		return "whole set [" + strings.Join(out, ", ") + "]"
	}
	return strings.Join(out, ", ")
}

func actionText(a *engine.Action) string {
	return fmt.Sprintf("%s #%d %s at %s %v", a.Service.Name, a.Seq, a.Kind, a.Node, a.Instances)
}

func keyText(k engine.NoticeKey) string {
	return fmt.Sprintf("%s %d.%d", cmp.Or(k.Service.Name, "cell"), k.Epoch, k.Seq)
}

func noticeText(n engine.Notice) string {
	kind := "notice"
	if n.Alert {
		kind = "alert"
	}
	return fmt.Sprintf("%s %s %s: %s", keyText(n.Key), kind, n.Code, n.Text)
}

func recordText(r *engine.Record) string {
	if r.Gone {
		return r.ID.Name + " removed"
	}
	s := fmt.Sprintf("%s %s rev %d seq %d", r.ID.Name, r.Phase, r.Rev, r.Seq)
	if r.Ladder != nil {
		s += fmt.Sprintf(" ladder %s %s", r.Ladder.Issue, r.Ladder.State)
	}
	for _, a := range r.Slots {
		s += fmt.Sprintf(" slot %s at %s %s", a.Kind, a.Node, a.State)
		if a.Target != "" {
			s += " to " + a.Target
		}
		if a.Over {
			s += " superseded"
		}
	}
	if n := len(r.Outbox); n > 0 {
		s += fmt.Sprintf(" outbox %d", n)
	}
	return s
}

// statusText is what is durable of a service, for the command `status` and the comparison of stories (rule 8.4).
func statusText(r *engine.Record) string {
	return recordText(r) + "; " + endText(r)
}

// endText is what a restart must not change in the end (rule 8.4): phase, effective spec and last_good.
func endText(r *engine.Record) string {
	good := "none"
	if r.LastGood != nil {
		good = r.LastGood.Version + "/" + r.LastGood.Config["c"]
	}
	spec := "none"
	if r.Spec != nil {
		spec = specText(r.Spec)
	}
	return fmt.Sprintf("%s effective %s, last good %s", r.Phase, spec, good)
}

func stateEventText(e engine.StateEvent) string {
	s := []string{cmp.Or(e.Service.Name, "cell"), string(e.Type)}
	for _, c := range e.Changes {
		s = append(s, fmt.Sprintf("%s %s->%s", c.Field, c.Old, c.New))
	}
	for _, f := range e.Metadata {
		s = append(s, f.Name+"="+f.Value)
	}
	return strings.Join(s, " ")
}

// dull are values of facts and answers that transcripts leave out: nothing is the matter.
var dull = []string{"", "0", "false", "same", "none", "other", "unlimited", "left", "all_well", "reachable", "parked", "0s"}

func fieldsText(fs []engine.Field) string {
	var out []string
	for _, f := range fs {
		switch {
		case f.Value == "true":
			out = append(out, f.Name)
		case !slices.Contains(dull, f.Value):
			out = append(out, f.Name+"="+f.Value)
		}
	}
	return strings.Join(out, " ")
}

func decisionText(d *engine.Decided) string {
	s := fmt.Sprintf("%s %s -> ", d.Entrypoint, fieldsText(d.Facts))
	if d.FailSafe != "" {
		return s + "fail-safe: " + d.FailSafe
	}
	var why []string
	for _, r := range d.Reasons {
		why = append(why, r.Code)
	}
	return fmt.Sprintf("%s%s (%s)", s, cmp.Or(fieldsText(d.Answer), "nothing"), strings.Join(why, ", "))
}

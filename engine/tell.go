package engine

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tell records a change; v nil = the cell's. Values of a configuration are never told.
func (s *step) tell(v *service, typ EventType, by EventSource, changes []FieldChange, meta ...Field) {
	meta = slices.DeleteFunc(slices.Clone(meta), func(f Field) bool { return f.Value == "" })
	slices.SortFunc(meta, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	ev := StateEvent{At: s.now, Type: typ, Source: by, Changes: changes, Metadata: meta}
	if v != nil {
		ev.Service = v.id
	}
	s.out.History = append(s.out.History, Entry{At: s.now, Service: ev.Service, Event: &ev})
}

// shown tells of a difference when it is another than the last that was told.
func (s *step) shown(v *service, p *place) {
	parts, instances := "", ""
	switch d := p.diff; {
	case p.blind:
		parts = "blind"
	case d.Parts().Any():
		parts, instances = partsText(d.Parts()), instancesText(d.Instances)
	}
	mark := uint64(0)
	if parts != "" {
		mark = hash(parts, instances)
	}
	if p.shown == mark {
		return
	}
	p.shown = mark
	if instances == "" && p.diff != nil {
		instances = instancesText(p.diff.Instances)
	}
	s.tell(v, EventDiff, SourceAgent, nil, Field{"instances", instances}, Field{"node", p.node.id}, Field{"parts", cmp.Or(parts, none)})
}

// partsText names what differs.
func partsText(p Parts) string {
	var out []string
	for _, f := range Fields(p, nil) {
		if f.Value != same {
			out = append(out, f.Name+"="+f.Value)
		}
	}
	return join(out)
}

// instancesText lists instances with their states and exits.
func instancesText(list []Instance) string {
	out := make([]string, len(list))
	for n, i := range list {
		out[n] = i.ID + ":" + string(i.State)
		if i.State == InstanceExited {
			out[n] += exitText(i.Exit)
		}
	}
	return join(out)
}

func exitText(x Exit) string {
	switch {
	case x.OOM:
		return "(out of memory)"
	case x.Signal != 0:
		return fmt.Sprintf("(signal %d)", x.Signal)
	}
	return fmt.Sprintf("(code %d)", x.Code)
}

func join(words []string) string { return strings.Join(words, " ") }

// codes are the codes of reasons, in the order given.
func codes(rs []Reason) string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.Code
	}
	return join(out)
}

// sentences are the sentences of reasons, to follow a headline.
func sentences(rs []Reason) string {
	if len(rs) == 0 {
		return ""
	}
	return " (" + said(rs) + ")"
}

// said are the sentences of reasons.
func said(rs []Reason) string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = cmp.Or(r.Text, r.Code)
	}
	return strings.Join(out, "; ")
}

func key(k EpochSeq) string {
	return strconv.FormatInt(k.Epoch, 10) + "." + strconv.FormatInt(k.Seq, 10)
}

func number(n int) string { return strconv.Itoa(n) }

// stamp is a moment in calendar time, to the second.
func stamp(t Instant) string { return t.Time().Format(time.RFC3339) }

package engine

import "slices"

// notice puts a row into the outbox of a service; it leaves when the MonitoringServer has accepted it (rule 3.6).
// then is what a human can do about it.
func (s *step) notice(v *service, code string, why []Reason, then string) {
	r := v.edit()
	r.Seq++
	r.Epoch = s.cell.Epoch
	n := Notice{Key: NoticeKey{v.id, EpochSeq{r.Epoch, r.Seq}}, At: s.now, Code: code, Text: v.noticeText(code, why, then), Reasons: why}
	r.Outbox = append(slices.Clone(r.Outbox), n)
	s.tell(v, EventNotice, SourcePolicy, nil, Field{"code", code}, Field{"key", key(n.Key.EpochSeq)}, Field{"reasons", codes(why)})
}

// noticeText says what is wrong with which service where, what was last seen of it, why a human is told and what then.
func (v *service) noticeText(code string, why []Reason, then string) string {
	text := v.id.String() + " at node " + v.home() + ": " + code
	if p := v.homePlace(); p != nil && p.diff != nil && len(p.diff.Instances) > 0 {
		list := p.diff.Instances
		text += ", last seen " + instancesText(list[:min(len(list), maxNamed)])
		if len(list) > maxNamed {
			text += " and " + number(len(list)-maxNamed) + " more"
		}
	}
	text += sentences(why)
	if then != "" {
		text += "; " + then
	}
	return text
}

// room says whether the outbox takes another notice. Recovery waits for room, so that no policy fills the store while
// the MonitoringServer is away.
func (s *step) room(v *service) bool { return len(v.rec.Outbox) < maxOutbox }

// outbox sends what is due. How often it was sent need not be durable.
func (s *step) outbox(v *service) bool {
	if out, next := s.send(v.rec.Outbox); next != 0 {
		if out != nil {
			v.note().Outbox = out
		}
		s.at(next)
	}
	return false
}

// send sends the notices that are due. out is the outbox thereafter, nil if nothing was sent; next is when one is due.
func (s *step) send(box []Notice) (out []Notice, next Instant) {
	for i, n := range box {
		if !n.Retry.Set() || n.Retry.Past(s.now) {
			n.Retry = Timer{s.now, doubled(noticeFirst, n.Tries, noticeMost)}
			n.Tries++
			if out == nil {
				out = slices.Clone(box)
			}
			out[i] = n
			s.out.Notify = append(s.out.Notify, n)
		}
		next = earlier(next, n.Retry.Due())
	}
	return out, next
}

// accepted takes a notice out of its outbox.
func (s *step) accepted(ev NoticeAccepted) {
	mine := func(n Notice) bool { return n.Key == ev.Key }
	if ev.Service == (ResourceID{}) {
		if slices.ContainsFunc(s.cell.Outbox, mine) {
			c := s.cellEdit()
			c.Outbox = slices.DeleteFunc(slices.Clone(c.Outbox), mine)
		}
		return
	}
	if v := s.services[ev.Service]; v != nil && v.rec != nil && slices.ContainsFunc(v.rec.Outbox, mine) {
		r := v.edit()
		r.Outbox = slices.DeleteFunc(slices.Clone(r.Outbox), mine)
		s.touch(v)
	}
}

// resent is a stored outbox as this process begins with it: all is sent at once.
func resent(box []Notice) []Notice {
	out := slices.Clone(box)
	for i := range out {
		out[i].Tries, out[i].Retry = 0, Timer{}
	}
	return out
}

package engine

import (
	"cmp"
	"slices"
	"strconv"
)

// cellEdit is the cell's record to change in this step.
func (e *Engine) cellEdit() *Cell {
	if !e.cellDirty {
		c := *e.cell
		e.cell, e.cellDirty = &c, true
	}
	return e.cell
}

// settleCell sends the alerts that are due, and saves the cell's record.
func (s *step) settleCell() {
	out, next := s.send(s.cell.Outbox)
	if out != nil {
		c := *s.cell
		c.Outbox = out
		s.cell = &c
	}
	s.set(&s.cellAlarm, next)
	if s.cellDirty {
		s.out.SaveCell, s.cellDirty = s.cell, false
	}
}

// alert puts a row of the cell into its outbox. One that waits there already is not put twice, and none is put beyond
// the bound: the next that has cause to raise it does.
func (s *step) alert(code string, args ...Field) {
	args = slices.Clone(args)
	slices.SortFunc(args, func(a, b Field) int { return cmp.Compare(a.Name, b.Name) })
	waits := slices.ContainsFunc(s.cell.Outbox, func(n Notice) bool {
		return n.Code == code && len(n.Reasons) == 1 && slices.Equal(n.Reasons[0].Args, args)
	})
	if waits || len(s.cell.Outbox) >= maxAlerts {
		return
	}
	c := s.cellEdit()
	c.N++
	text := sentence(code, args)
	n := Notice{Key: NoticeKey{EpochSeq: EpochSeq{c.Epoch, c.N}}, At: s.now, Code: code, Alert: true, Text: text, Reasons: []Reason{{code, args, text}}}
	c.Outbox = append(slices.Clone(c.Outbox), n)
	s.tell(nil, EventNotice, SourceEngine, nil, append([]Field{{"code", code}, {"key", key(n.Key.EpochSeq)}}, args...)...)
}

// alertOnce raises an alert once in a process and under a pack, whatever becomes of it.
func (s *step) alertOnce(what, code string, args ...Field) {
	if what = s.pack.Revision + " " + what; !s.raised[what] && len(s.raised) < 4*maxAlerts {
		s.raised[what] = true
		s.alert(code, args...)
	}
}

// seenHigher takes the newest action that a controller has seen. If it is above ours the store was made anew by a clock
// that was wrong, or restored: an epoch above it is made before anything is dispatched (rule 3.3). Of a service without
// a record only the epoch is compared.
func (s *step) seenHigher(id ResourceID, h EpochSeq) bool {
	ours := EpochSeq{s.cell.Epoch, h.Seq}
	v := s.services[id]
	if v != nil && v.rec != nil {
		ours.Seq = v.rec.Seq
	}
	if !h.Above(ours) || h.Epoch > MaxEpoch { // nobody has made such an epoch: who says so is wrong
		return false
	}
	old, c := s.cell.Epoch, s.cellEdit()
	c.Epoch = h.Epoch + 1
	epoch := []FieldChange{{"epoch", strconv.FormatInt(old, 10), strconv.FormatInt(c.Epoch, 10)}}
	s.tell(nil, EventEpoch, SourceController, epoch, Field{"seen", key(h)}, Field{"service", id.String()})
	s.alert(AlertEpochRaised, Field{"from", epoch[0].Old}, Field{"service", id.String()}, Field{"to", epoch[0].New})
	return true
}

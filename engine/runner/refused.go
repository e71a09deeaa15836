package runner

import (
	"slices"

	"statemanager/engine"
)

// maxRefused is how many entries of the history wait with a record that the store does not take: the newest.
const maxRefused = 100

// Refused says that the store will not take a batch as it is. Each of its services is then written apart, so that none
// holds up the others. If it is of one service alone, that one waits until Reconsider: it is returned, and true.
func (q *Sequencer) Refused(id int64) (service engine.ResourceID, alone bool) {
	upTo := q.batches[id].upTo
	q.Failed(id)
	alone = len(upTo) == 1
	for s := range upTo {
		l := q.line(s)
		l.apart, l.refused, service = true, alone, s
		q.bound(l)
	}
	return service, alone
}

// Reconsider has what the store did not take written again: it may have become another.
func (q *Sequencer) Reconsider() {
	for _, l := range q.lines {
		l.refused = false
	}
}

// Replies takes out the replies that wait for the saves of a service.
func (q *Sequencer) Replies(id engine.ResourceID) (out []engine.Reply) {
	q.held = slices.DeleteFunc(q.held, func(h held) bool {
		mine := len(h.fx.Reply) > 0 && h.fx.Reply[0].Service == id
		if mine {
			out = append(out, h.fx.Reply...)
		}
		return mine
	})
	q.blocked = nil // what waits has changed places
	return out
}

// bound forgets the oldest entries of a record that is not taken: they would grow for ever.
func (q *Sequencer) bound(l *line) {
	if n := len(l.entries) - maxRefused; l.refused && n > 0 {
		q.entries -= n
		l.entries = slices.Clone(l.entries[n:])
	}
}

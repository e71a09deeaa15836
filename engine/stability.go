package engine

import (
	"hash/maphash"
	"slices"
)

// figures are what decides whether stability has anything new to look at.
type figures struct {
	profile, class string
	phase          Phase
	era            int
	moves, crashes uint8
	recent         [MaxAges]bool
}

var figuresSeed = maphash.MakeSeed()

// mark is a hash of them, which is never 0.
func (f figures) mark() uint64 { return max(maphash.Comparable(figuresSeed, f), 1) }

// stability asks for issues when the figures of a service have changed (rule 6.4). What it finds opens no ladder while
// the service is well (rule 5.1); where nobody wants the service there is none, and a human is told once (rule 5.5).
func (s *step) stability(v *service) bool {
	if p := v.homePlace(); p == nil || !p.node.known() {
		return false
	}
	f := StabilityFacts{Common: s.common(v, v.home()), Recent: s.recent(v)}
	var next Instant
	f.Transitions, f.Crashes, next = v.rec.History.Figures(s.pack.Stability, s.now)
	s.at(next)
	now := figures{f.Profile, f.NodeClass, f.Phase, s.era, f.Transitions, f.Crashes, f.Recent}.mark()
	if v.figures == now {
		return false
	}
	a, d, ok := ask[StabilityAnswer](s, v, v.home(), f)
	if !ok {
		return false
	}
	v.figures = now
	old := v.unrest().found
	if len(a.Issues) > 0 || len(old) > 0 {
		s.decided(v, v.home(), f, d)
	}
	found := s.knownIssues(v, f, a.Issues, d)
	if len(found) > 0 || len(old) > 0 {
		v.stir().found, v.rest.foundWhy = found, d.Reasons
	}
	switch {
	case len(found) == 0:
	case v.rec.Desired == nil:
		s.stuckNotice(v, d.Reasons)
	case v.unwell():
		s.issue(v, s.firstIssue(found))
	}
	return true
}

// knownIssues are those that the pack knows; the others are refused.
func (s *step) knownIssues(v *service, f StabilityFacts, names []string, d Decision) (known []string) {
	for _, x := range names {
		if slices.Contains(s.pack.Issues, x) {
			known = append(known, x)
		} else if !s.wasRefused(v, v.home(), f) {
			s.refuse(v, v.home(), f, d, x, "no issue of that name")
		}
	}
	return known
}

// stuckNotice tells a human once that a deleted service does not go.
func (s *step) stuckNotice(v *service, why []Reason) {
	code := s.firstIssue(v.unrest().found)
	if mark := hash("notice", code); !slices.Contains(v.rec.Told, mark) && s.room(v) {
		s.told(v, mark)
		s.notice(v, code, why, s.toDo(v))
	}
}

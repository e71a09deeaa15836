package engine

import (
	"cmp"
	"slices"
)

// plan asks planning while a difference stands and nothing is under way there (rule 6.3). The next observation answers
// anew: nothing of a plan is stored.
func (s *step) plan(v *service) bool {
	for _, p := range v.places {
		if w := v.wanted(p.node.id); p.sees() && p.diff.Rev == v.rev(p.node.id) && s.planDue(v, p, w) && s.planAt(v, p, w) {
			return true
		}
	}
	return false
}

func (s *step) planDue(v *service, p *place, w Wanted) bool {
	switch {
	case w == WantedNever:
		return len(p.diff.Instances) > 0
	case v.slot(p.node.id) != nil || !s.free(v) || !s.paced(v.pace(p.node.id)):
		return false
	case w == WantedYes:
		l := v.rec.Ladder
		return p.diff.Parts().Any() && (l == nil || l.State == LadderIdle || v.rec.Over.Isolated)
	}
	return len(p.diff.Instances) > 0
}

// free is true when a second has passed since the last result (rule 8.2).
func (s *step) free(v *service) bool { return s.paced(v.rec.Hold) }

func (s *step) paced(t Timer) bool { return !t.Set() || s.due(t) }

func (s *step) planAt(v *service, p *place, w Wanted) bool {
	node := p.node.id
	f := PlanFacts{Common: s.common(v, node), Wanted: w, Diff: p.diff.Parts(), Dependencies: v.dependencies(s.Engine)}
	_, f.Cause = s.ill(v, node)
	switch {
	case s.wasRefused(v, node, f):
		if w == WantedYes {
			v.stir().refused = true
		}
		return false
	case w == WantedNever && p.left == s.factsMark(node, f):
		return false
	case w == WantedYes && v.rec.Plans >= maxPlans && !v.rec.Over.Isolated:
		return s.issue(v, IssueNoProgress)
	}
	a, d, ok := ask[PlanAnswer](s, v, node, f)
	if !ok {
		return false
	}
	s.decided(v, node, f, d)
	if v.rec != nil && node == v.home() {
		s.planned(v, w, a, d)
	}
	v.priority, v.critical = uint8(min(max(a.Priority, 0), 9)), a.Critical
	switch {
	case len(a.Actions) > 0 && w != WantedNever:
		return s.beginPlan(v, p, w, s.ordered(a.Actions)[0], f, d)
	case a.Issue != "" && w == WantedYes && v.rec.Over.Isolated: // no ladder is for what is to be stopped
	case a.Issue != "" && w == WantedYes && slices.Contains(s.pack.Issues, a.Issue):
		return s.issue(v, a.Issue)
	case a.Issue != "" && w == WantedYes:
		s.refuse(v, node, f, d, a.Issue, "no issue of that name")
		return true
	}
	s.leftAlone(v, p, w, f, d)
	return false
}

// leftAlone tells once that a difference was seen and nothing is done about it.
func (s *step) leftAlone(v *service, p *place, w Wanted, f PlanFacts, d Decision) {
	if mark := s.factsMark(p.node.id, f); p.left != mark {
		p.left = mark
		s.tell(v, EventLeftAlone, SourcePolicy, nil, Field{"node", p.node.id}, Field{"wanted", string(w)}, Field{"reasons", codes(d.Reasons)})
	}
}

func (s *step) beginPlan(v *service, p *place, w Wanted, kind ActionKind, f PlanFacts, d Decision) bool {
	a := Action{Kind: kind, By: ByPlan, Wanted: w}
	a.Node = p.node.id
	a.Instances = idsOf(p.diff.Instances, func(i Instance) bool {
		switch kind {
		case Create:
			return false
		case Scale: // more of them leaves those that are there alone
			return f.Diff.Scale == "too_many"
		case Update:
			return i.Version != v.rec.Spec.Version
		}
		return true
	})
	return s.begin(v, a, f, d)
}

// ordered are the actions by rank, after what others cover is dropped. An action that the pack does not know is last.
func (s *step) ordered(kinds []ActionKind) []ActionKind {
	var covered []ActionKind
	for _, k := range kinds {
		if r := s.pack.Row(k); r != nil {
			covered = append(covered, r.Covers...)
		}
	}
	left := slices.DeleteFunc(slices.Clone(kinds), func(k ActionKind) bool { return slices.Contains(covered, k) })
	if len(left) == 0 {
		left = slices.Clone(kinds) // they cover one another
	}
	slices.SortFunc(left, func(a, b ActionKind) int {
		return cmp.Or(cmp.Compare(s.rank(a), s.rank(b)), cmp.Compare(a, b))
	})
	return slices.Compact(left)
}

func (s *step) rank(k ActionKind) int {
	if r := s.pack.Row(k); r != nil {
		return r.Rank
	}
	return int(^uint(0) >> 1)
}

// idsOf are the ids of the instances that are meant.
func idsOf(list []Instance, meant func(Instance) bool) (ids []string) {
	for _, i := range list {
		if meant(i) {
			ids = append(ids, i.ID)
		}
	}
	return ids
}

package engine

import (
	"slices"
	"time"
)

// Plan is the newest answer of planning for a service at its home, whole: the design document's ActionPlan (rule 6.3).
// Its first action is carried out; the next observation answers anew.
type Plan struct {
	At        Instant // when it was made: the same answer again makes no new one
	Node      string
	Wanted    Wanted
	Actions   []ActionKind // by rank, without those that others cover
	Issue     string       // or what recovery is for
	Priority  int
	Critical  bool
	Estimated time.Duration // of all its actions
	Impact    string        // the worst of its actions: none, restarts, moves or stops
	Reasons   []Reason
	Revision  string // of the pack that made it
}

// impacts are the words for what an action does to its service, the mildest first.
var impacts = []string{none, "restarts", "moves", "stops"}

// planned keeps a plan and tells of it when it is another than the last one. An answer that there is nothing to do ends it.
func (s *step) planned(v *service, w Wanted, a PlanAnswer, d Decision) {
	if len(a.Actions) == 0 && a.Issue == "" {
		if v.rec.Plan != nil {
			v.edit().Plan = nil
		}
		return
	}
	p := &Plan{At: s.now, Node: v.home(), Wanted: w, Issue: a.Issue, Priority: min(max(a.Priority, 0), 9), Critical: a.Critical,
		Impact: none, Reasons: d.Reasons, Revision: s.pack.Revision}
	if len(a.Actions) > 0 {
		p.Actions, p.Issue = s.ordered(a.Actions), ""
	}
	for _, k := range p.Actions {
		if row := s.pack.Row(k); row != nil {
			p.Estimated += row.Estimated
			p.Impact = impacts[max(slices.Index(impacts, p.Impact), slices.Index(impacts, row.Impact))]
		}
	}
	if old := v.rec.Plan; old != nil && old.same(p) {
		return
	}
	v.edit().Plan = p
	s.tell(v, EventPlan, SourcePolicy, nil, Field{"actions", join(strs(p.Actions))}, Field{"estimated", p.Estimated.String()},
		Field{"impact", p.Impact}, Field{"issue", p.Issue}, Field{"node", p.Node}, Field{"reasons", codes(p.Reasons)})
}

// same says whether two plans differ in nothing but when they were made, and under which pack.
func (p *Plan) same(o *Plan) bool {
	return p.Node == o.Node && p.Wanted == o.Wanted && slices.Equal(p.Actions, o.Actions) && p.Issue == o.Issue && p.Priority == o.Priority &&
		p.Critical == o.Critical && p.Estimated == o.Estimated && p.Impact == o.Impact && codes(p.Reasons) == codes(o.Reasons)
}

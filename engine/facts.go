package engine

import (
	"maps"
	"slices"
)

const none = "none"

// common are the facts of every question about a service at a node.
func (s *step) common(v *service, node string) Common {
	c := Common{NodeClass: other, Phase: NoPhase, Site: s.sites}
	spec := &Spec{}
	if v.rec != nil {
		spec, c.Phase = v.rec.Spec, v.rec.Phase
	}
	c.Profile = s.pack.ProfileOf(v.id, spec).Name
	if n := s.nodes[node]; n != nil {
		c.NodeClass = s.pack.ClassOf(n.info.Labels)
	}
	return c
}

// ill says how many instances at a node are unwell, those that are missing included, and the first cause by rank.
func (s *step) ill(v *service, node string) (unwell, cause string) {
	p := v.place(node)
	if p == nil || p.diff == nil || v.silentAt(node) {
		return "all", other
	}
	bad, rank := 0, len(s.pack.Causes)
	cause = other
	for _, i := range p.diff.Instances {
		if !isUnwell(p.diff, i) {
			continue
		}
		bad++
		if i.State == InstanceExited {
			if r := s.pack.CauseRank(i.Exit); r < rank {
				rank, cause = r, s.pack.Causes[r].Name
			}
		}
	}
	good := len(p.diff.Instances) - bad
	wanted := 0
	if v.wantedAt(node) {
		wanted = int(v.rec.Spec.Instances())
	}
	switch {
	case good == 0 && (bad > 0 || wanted > 0):
		return "all", cause
	case bad > 0 || good < wanted:
		return "some", cause
	}
	return none, cause
}

// isUnwell says whether an instance is: one that starts is only when it has taken too long.
func isUnwell(d *StateDiff, i Instance) bool {
	switch i.State {
	case InstanceRunning:
		return false
	case InstanceStarting:
		return d.Status != nil && d.Status.Status == "not_ready"
	}
	return true
}

// recent are the ages that have not passed; it asks to be woken when one does.
func (s *step) recent(v *service) (out [MaxAges]bool) {
	r := v.rec
	for i, a := range s.pack.Ages {
		if i >= MaxAges {
			break
		}
		var t Instant
		switch a.Since {
		case "first_failure":
			if r.Ladder != nil {
				t = r.Ladder.Opened
			}
		case "last_action":
			t = r.History.Last().At
		case "spec_change":
			t = r.SpecAt
		case "phase_change":
			t = r.PhaseAt
		case "condition":
			t = r.CondAt
		case "ran_for":
			out[i] = r.Ladder != nil && r.Ladder.Ran < a.For
			continue
		}
		if out[i] = t != 0 && s.now < t.Add(a.For); out[i] {
			s.at(t.Add(a.For))
		}
	}
	return out
}

// recoveryFacts are what recovery is told.
func (s *step) recoveryFacts(v *service) RecoveryFacts {
	last := v.rec.History.Last()
	f := RecoveryFacts{Common: s.common(v, v.home()), Issue: s.askedIssue(v), LastAction: last.Kind, LastResult: last.Result,
		Recent: s.recent(v), Targets: s.targets(v), Source: s.source(v), Dependencies: v.dependencies(s.Engine)}
	s.widespread(v, &f)
	f.GoodVersion, f.GoodConfig = v.lastGood()
	f.Unwell, f.Cause = s.ill(v, v.home())
	if s.pack.index(last.Kind) < 0 && last.Kind != none {
		f.LastAction = other
	}
	var next Instant
	f.Tries, next = v.rec.History.Tries(s.pack, s.now)
	s.at(next)
	return f
}

// lastGood compares the last good pair with the one in force (rule 1.6).
func (v *service) lastGood() (version, config string) {
	good, now := v.rec.LastGood, v.rec.Spec
	if good == nil {
		return none, none
	}
	version, config = "differs", "differs"
	if good.Version == now.Version {
		version = same
	}
	if maps.Equal(good.Config, now.Config) {
		config = same
	}
	return version, config
}

// source says how the node of a service is.
func (s *step) source(v *service) string {
	p := v.homePlace()
	switch {
	case !v.silentAt(v.home()):
		return "reachable"
	case s.fencedAt(v, v.home()):
		return "fenced"
	case p.node.fencedFrom() != 0:
		return "fencing"
	}
	return "silent"
}

// askedIssue is the one that recovery is asked about: the first by rank of those that stand, derived at each question
// (rule 5.1).
func (s *step) askedIssue(v *service) string {
	stand := append([]string{v.rec.Ladder.Issue}, v.unrest().found...)
	if s.stuck(v.here()) {
		stand = append(stand, IssueActionStuck)
	}
	if v.silentAt(v.home()) {
		stand = append(stand, IssueNodeSilent)
	}
	return s.firstIssue(stand)
}

// firstIssue is the first by rank; one that the pack does not know is `other`.
func (s *step) firstIssue(of []string) string {
	for _, name := range s.pack.Issues {
		if slices.Contains(of, name) {
			return name
		}
	}
	return other
}

// dispatchFacts are what dispatch is told of an action.
func (s *step) dispatchFacts(v *service, a *Action) DispatchFacts {
	f := DispatchFacts{Common: s.common(v, a.Node), Action: a.Kind, AskedBy: a.By, Dependencies: v.dependencies(s.Engine)}
	s.budgets(v, &f, a.Node)
	f.Unwell, _ = s.ill(v, a.Node)
	return f
}

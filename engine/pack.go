package engine

import "time"

// Pack is the tables of an activated policy pack, as the evaluator's gate hands them over. It is immutable. Rows are in
// the order given; whoever is not named in a table is `other`.
type Pack struct {
	Revision    string
	Allowed     map[Phase]map[ActionKind]bool // answers of transition.allowed_actions
	Actions     []ActionRow                   // by name; at most MaxActions
	Issues      []string                      // by rank
	Causes      []Cause                       // by rank
	Ages        []Age                         // by name; at most MaxAges
	Profiles    []Profile                     // by rank; the last is `other`
	NodeClasses []NodeClass                   // by rank
	Site        []SiteFact                    // by name; at most MaxSite
	Stability   time.Duration                 // the window of the stability figures
	Placement   time.Duration                 // the window of failed_here
	Widespread  Widespread
	Budgets     map[string]Budget // service, node, group, cell; absent = unlimited
	GroupLabel  string            // the label whose value is a service's group; "" = there are no groups
	GroupWell   GroupWell         // how many members of a group must stay well
	SilentAlert time.Duration     // a node silent for so long is one alert (rule 7.1)
}

// ActionRow is what is fixed about an action.
type ActionRow struct {
	Name       ActionKind
	Rank       int  // order within a plan
	Disruptive bool // counts against budgets
	Custom     bool // the controller's own, by name
	Timeout    time.Duration
	Within     time.Duration // a success is watched for so long (rule 4.1)
	StableFor  time.Duration // and must hold for so long
	Clears     time.Duration // its tries count for so long; 0 = until stable
	Covers     []ActionKind  // what it makes needless in the same plan
	Impact     string        // none, restarts, moves or stops: shown with a plan
	Estimated  time.Duration // how long it takes as a rule: shown with a plan
}

// Age is a fact that is true for a while.
type Age struct {
	Name  string
	Since string // first_failure, last_action, spec_change, phase_change, ran_for or condition
	For   time.Duration
}

// Cause names a way in which instances exit; a nil or empty list matches anything.
type Cause struct {
	Name      string
	ExitCodes []int32
	Signals   []int32
	OOM       *bool
}

// Matches says whether an exit has this cause.
func (c *Cause) Matches(x Exit) bool {
	in := func(list []int32, n int32) bool {
		for _, m := range list {
			if m == n {
				return true
			}
		}
		return len(list) == 0
	}
	return in(c.Signals, x.Signal) && (len(c.ExitCodes) == 0 || x.Signal == 0 && in(c.ExitCodes, x.Code)) && (c.OOM == nil || *c.OOM == x.OOM)
}

// Profile is the only identity of a service that rules see.
type Profile struct {
	Name        string
	Match       Selector
	StableAfter time.Duration
}

// Selector picks services; a field that is not set matches anything. Name is the service's name or namespace/name.
type Selector struct {
	Name        string
	Criticality string
	Labels      map[string]string
}

// NodeClass is the identity of a node that rules see.
type NodeClass struct {
	Name   string
	Labels map[string]string
}

// SiteFact is a fact of the site that the pack declares; an unset one is `other`.
type SiteFact struct {
	Name   string
	Values []string
}

// Budget is a number of happenings within a window.
type Budget struct {
	Limit  int
	Window time.Duration
}

// Widespread says how many at once are widespread. A zero Limit is never reached.
type Widespread struct {
	Version        int    // instances of one version that are unwell now
	Node, Group    Budget // services that became unwell within the window
	SilenceCount   int
	SilencePercent int // of the cell's nodes
}

// GroupWell is how many members of a group must stay well: the larger of both. Zero of both = no bound.
type GroupWell struct{ Count, Percent int }

// Row is the row of an action; nil if the table has none.
func (p *Pack) Row(k ActionKind) *ActionRow {
	if i := p.index(k); i >= 0 {
		return &p.Actions[i]
	}
	return nil
}

func (p *Pack) index(k ActionKind) int {
	for i := range p.Actions {
		if p.Actions[i].Name == k {
			return i
		}
	}
	return -1
}

// ProfileOf is the first profile by rank that matches; the last row, `other`, matches all.
func (p *Pack) ProfileOf(id ResourceID, s *Spec) *Profile {
	for i := range p.Profiles {
		if p.Profiles[i].Match.matches(id, s) {
			return &p.Profiles[i]
		}
	}
	return &p.Profiles[len(p.Profiles)-1]
}

func (m *Selector) matches(id ResourceID, s *Spec) bool {
	if m.Name == "" && m.Criticality == "" && len(m.Labels) == 0 {
		return false // only `other` has no selector, and it is last
	}
	return (m.Name == "" || m.Name == id.Name || m.Name == id.String()) &&
		(m.Criticality == "" || m.Criticality == s.Criticality) && contains(s.Labels, m.Labels)
}

// ClassOf is the class of a node.
func (p *Pack) ClassOf(labels map[string]string) string {
	for _, c := range p.NodeClasses {
		if contains(labels, c.Labels) {
			return c.Name
		}
	}
	return other
}

// CauseRank is the row of the first cause by rank that matches an exit; the number of rows when none does.
func (p *Pack) CauseRank(x Exit) int {
	for i := range p.Causes {
		if p.Causes[i].Matches(x) {
			return i
		}
	}
	return len(p.Causes)
}

const other = "other"

func contains(all, some map[string]string) bool {
	for k, v := range some {
		if all[k] != v {
			return false
		}
	}
	return true
}

// rows are the names of the rows of a table that is a fact with one value a row.
func (p *Pack) rows(table string) (names []string) {
	switch table {
	case "actions":
		for i := range p.Actions {
			names = append(names, string(p.Actions[i].Name))
		}
	case "ages":
		for i := range p.Ages {
			names = append(names, p.Ages[i].Name)
		}
	case "site":
		for i := range p.Site {
			names = append(names, p.Site[i].Name)
		}
	}
	return names
}

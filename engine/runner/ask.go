package runner

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"statemanager/engine"
)

// Strategy is what the active pack does about an issue, attempt by attempt.
type Strategy struct {
	Profile, Issue, Revision string
	Answer                   engine.StrategyAnswer
	Reasons                  []engine.Reason
	Rules                    []engine.Place
}

// otherIssue stands for the issues that the pack does not name one by one.
const otherIssue = "other"

// Strategy asks the active pack about an issue of a service; "" is the one that its recovery is for, or other: the
// issues that have no list of their own.
// Invalid lists the issues of the pack; Unavailable: policy could not be asked.
func (r *Runner) Strategy(ctx context.Context, id engine.ResourceID, issue string) (s Strategy, err error) {
	failed := r.call(ctx, func(l *loop) { s, err = l.strategy(id, issue) })
	if failed != nil {
		return s, failed
	}
	return s, err
}

func (l *loop) strategy(id engine.ResourceID, issue string) (Strategy, error) {
	v, ok := l.view(id)
	if !ok {
		return Strategy{}, none(id)
	}
	if issue == "" && v.Record != nil && v.Record.Ladder != nil {
		issue = v.Record.Ladder.Issue
	}
	known := append(slices.Clone(l.pack.Issues), otherIssue)
	if issue = cmp.Or(issue, otherIssue); !slices.Contains(known, issue) {
		return Strategy{}, &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf("issue: %.80q is none of %s", issue, strings.Join(known, ", "))}
	}
	d := l.cfg.Decider.Decide(engine.Question{Revision: l.pack.Revision, Facts: engine.StrategyFacts{Profile: v.Profile, Issue: issue}})
	answer, ok := d.Answer.(engine.StrategyAnswer)
	if d.FailSafe != "" || !ok {
		return Strategy{}, unavailable("ask policy for the strategy: %s", d.FailSafe)
	}
	return Strategy{v.Profile, issue, l.pack.Revision, answer, d.Reasons, d.Rules}, nil
}

// Pack is the active pack.
func (r *Runner) Pack(ctx context.Context) (p *engine.Pack, err error) {
	err = r.call(ctx, func(l *loop) { p = l.pack })
	return p, err
}

// SiteFact is a fact of the site: what the active pack says that it may be, and what is set.
type SiteFact struct {
	Name   string
	Values []string // none: the pack does not know it
	Value  string   // "" = not set
}

// Facts are the facts that the active pack declares, and others that are set, in order of names.
func (r *Runner) Facts(ctx context.Context) (out []SiteFact, err error) {
	err = r.call(ctx, func(l *loop) { out = l.facts() })
	return out, err
}

func (l *loop) facts() (out []SiteFact) {
	set := maps.Clone(l.site)
	for _, f := range l.pack.Site {
		out = append(out, SiteFact{f.Name, f.Values, set[f.Name]})
		delete(set, f.Name)
	}
	for name, value := range set {
		out = append(out, SiteFact{Name: name, Value: value})
	}
	slices.SortFunc(out, func(a, b SiteFact) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// SetFacts sets facts of the site, all or none; an empty value takes a fact away. They are durable when it returns, and
// decide from then on. Invalid lists the names and values that the active pack knows.
func (r *Runner) SetFacts(ctx context.Context, facts map[string]string) ([]SiteFact, error) {
	done, err := r.turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	known, err := r.Facts(ctx)
	if err == nil {
		err = checkFacts(known, facts)
	}
	if err == nil {
		err = r.cfg.Store.PutSite(ctx, facts)
	}
	if err == nil {
		err = r.call(ctx, func(l *loop) {
			l.setSite(facts)
			known = l.facts()
		})
	}
	return known, err
}

func (l *loop) setSite(facts map[string]string) {
	site := maps.Clone(l.site) // the engine keeps the map that it is given
	if site == nil {
		site = map[string]string{}
	}
	for name, value := range facts {
		if site[name] = value; value == "" {
			delete(site, name)
		}
	}
	l.site = site
	l.step(engine.FactsChanged{Site: maps.Clone(site)})
}

// checkFacts says which fact the pack does not know. One that is only taken away need not be known.
func checkFacts(known []SiteFact, facts map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		value := facts[name]
		i := slices.IndexFunc(known, func(f SiteFact) bool { return f.Name == name })
		if i < 0 || value != "" && !slices.Contains(known[i].Values, value) {
			return &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf("site fact %.80q may not be %.80q; the policy knows: %s", name, value, knownText(known))}
		}
	}
	return nil
}

func knownText(known []SiteFact) string {
	var out []string
	for _, f := range known {
		if len(f.Values) > 0 {
			out = append(out, f.Name+"="+strings.Join(f.Values, "|"))
		}
	}
	if out == nil {
		return "none: declare them in facts.rego of the pack"
	}
	return strings.Join(out, " ")
}

// Paused is since when reconciliation is paused; 0 = it is not.
func (r *Runner) Paused(ctx context.Context) (at engine.Instant, err error) {
	err = r.call(ctx, func(l *loop) { at = l.cell.Paused })
	return at, err
}

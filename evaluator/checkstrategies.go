package evaluator

import (
	"cmp"
	"slices"
	"time"

	"statemanager/engine"
)

// checkStrategies holds that each ladder ends: all of its rungs can be asked for, and can be counted for long enough.
func checkStrategies(p *engine.Pack, d *declarations, data row, g *gate) {
	lists := data.at("strategies").rows()
	for _, f := range data.at("profiles").rows() {
		lists = append(lists, f.at("strategies").rows()...)
	}
	for _, list := range lists {
		checkRungs(p, d, list, g)
	}
	for _, f := range data.at("profiles").rows() {
		backoff := cmp.Or(f.at("backoff").v, data.at("profiles").at(other).at("backoff").v, data.at("backoff").v)
		for _, list := range strategiesOf(data, f) {
			checkClears(p, data, list, row{v: backoff, g: g}, g)
		}
	}
}

// strategiesOf are the lists that hold for a profile, by issue: its own, those of the row `other` that it is laid over, and
// the general ones. A general `other` is not reached beside one of its own.
func strategiesOf(data, profile row) (out []row) {
	seen := map[string]bool{}
	for _, t := range []row{profile, data.at("profiles").at(other), data} {
		for _, list := range t.at("strategies").rows() {
			if !seen[list.key] {
				seen[list.key] = true
				out = append(out, list)
			}
		}
	}
	return out
}

// checkRungs holds that recovery may ask for each rung, and that its attempts can be told from more: a rung is passed when
// its action was tried as often as it stands in the list so far, and the counter ends somewhere.
func checkRungs(p *engine.Pack, d *declarations, list row, g *gate) {
	most, times := d.mostTries(), map[engine.ActionKind]int{}
	for _, rung := range list.each() {
		kind := engine.ActionKind(rung.str())
		if r := p.Row(kind); r != nil && !r.AskedFor(engine.ByRecovery) {
			g.errorf(rung.here(), "%s: recovery may not ask for %s, which is for plans alone; replan asks for a new plan", list.name, kind)
		}
		if times[kind]++; most > 0 && times[kind] == most+1 {
			g.errorf(rung.here(), "%s has %s more than %d times, but input.tries counts to %d: what comes after would never have its turn", list.name, kind, most, most)
		}
	}
}

// mostTries is how far input.tries counts; 0 if the pack does without it.
func (d *declarations) mostTries() int {
	if facts := d.facts(prefix+".recovery", ""); facts != nil {
		if s := facts.Properties["tries"]; s != nil && s.Items != nil {
			return d.resolve(s.Items).max
		}
	}
	return 0
}

// checkClears holds that the attempts of an action that are forgotten after a time are all still counted when the entry
// after the last of them has its turn: else that one would never have it. An attempt counts from its result on.
func checkClears(p *engine.Pack, data, list, backoff row, g *gate) {
	rungs := kinds(list.strs())
	for _, a := range p.Actions {
		first := slices.Index(rungs, a.Name)
		if a.Clears == 0 || first < 0 {
			continue
		}
		last := len(rungs) - 1
		for rungs[last] != a.Name {
			last--
		}
		takes := waits(data, rungs, backoff, first+1, last+1)
		for _, k := range rungs[first+1 : last+1] {
			if r := p.Row(k); r != nil {
				takes += r.Timeout + r.Within
			}
		}
		if a.Clears <= takes {
			at := data.at("actions").at(string(a.Name)).at("clears")
			g.errorf(at.here(), "data.actions.%s: clears (%v) must be more than the %v that its attempts in %s may take with their delays, else it is tried for ever", a.Name, a.Clears, takes, list.name)
		}
	}
}

// waits is the sum of the delays before the entries from one to another; the last may be the end of the list.
func waits(data row, rungs []engine.ActionKind, backoff row, from, to int) (sum time.Duration) {
	delays := backoff.each()
	for i := from; i <= to && len(delays) > 0; i++ {
		if i == len(rungs) || !data.at("actions").at(string(rungs[i])).at("at_once").boolean() {
			sum += delays[min(i, len(delays)-1)].duration()
		}
	}
	return sum
}

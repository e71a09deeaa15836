package evaluator

import (
	"slices"
	"time"

	"statemanager/engine"
)

// checkWindows holds that what is counted within a window can be reached within it.
func checkWindows(p *engine.Pack, data row, g *gate) {
	checkStability(p, data, g)
	for _, list := range data.at("strategies").rows() {
		checkClears(p, data, list, data.at("backoff"), g)
	}
	profiles := data.at("profiles")
	for _, f := range profiles.rows() {
		backoff := f.at("backoff")
		if !backoff.set() {
			backoff = profiles.at(other).at("backoff")
		}
		if !backoff.set() {
			backoff = data.at("backoff")
		}
		for _, list := range f.at("strategies").rows() {
			checkClears(p, data, list, backoff, g)
		}
	}
}

// checkStability holds that a service which crashes after each time that it was stable is seen: its lives fit into the
// window of the figures.
func checkStability(p *engine.Pack, data row, g *gate) {
	t := data.at("stability")
	window, crashes := t.at("window"), t.at("crash_loop").integer()
	for _, f := range p.Profiles {
		if window.set() && window.duration() <= time.Duration(crashes)*f.StableAfter {
			g.errorf(window.here(), "data.stability: window (%v) must be more than crash_loop (%d) times stable_after (%v) of data.profiles.%s, else a crash loop of its services is never seen",
				window.duration(), crashes, f.StableAfter, f.Name)
		}
	}
}

// checkClears holds that the attempts of an action that are forgotten after a time are all still counted when the entry
// after the last of them has its turn: else that one would never have it.
func checkClears(p *engine.Pack, data, list, backoff row, g *gate) {
	rungs, delays := kinds(list.strs()), backoff.each()
	for _, a := range p.Actions {
		first := slices.Index(rungs, a.Name)
		if a.Clears == 0 || first < 0 {
			continue
		}
		last := len(rungs) - 1
		for rungs[last] != a.Name {
			last--
		}
		var takes time.Duration
		for i := first + 1; i <= last+1 && len(delays) > 0; i++ {
			if i == len(rungs) || !data.at("actions").at(string(rungs[i])).at("at_once").boolean() {
				takes += delays[min(i, len(delays)-1)].duration()
			}
		}
		if a.Clears <= takes {
			at := data.at("actions").at(string(a.Name)).at("clears")
			g.errorf(at.here(), "data.actions.%s: clears (%v) must be more than the %v that its attempts in %s take with their delays, else it is tried for ever", a.Name, a.Clears, takes, list.name)
		}
	}
}

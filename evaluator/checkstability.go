package evaluator

import (
	"time"

	"statemanager/engine"
)

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

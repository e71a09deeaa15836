package evaluator

import (
	"cmp"
	"slices"
	"time"

	"statemanager/engine"
)

// builtin are the actions that the daemon carries out by itself. Others are the controller's, and the pack says so.
var builtin = []engine.ActionKind{
	engine.Replan, engine.Start, engine.Configure, engine.Scale, engine.Create, engine.Restart, engine.Recreate, engine.Update,
	engine.Relocate, engine.Rollback, engine.ResetConfig, engine.Stop, engine.Remove, engine.Isolate, engine.Notify,
}

// defaultPlacement is the window of failed_here in a pack that does not say one.
const defaultPlacement = time.Hour

// readTables makes the engine's tables of the pack's data, and checks what a schema cannot say of them.
func readTables(revision string, d *declarations, g *gate) *engine.Pack {
	data := row{d.data, "data", "data", g}
	p := &engine.Pack{
		Revision:    revision,
		Actions:     actions(data.at("actions")),
		Causes:      causes(data.at("causes")),
		Ages:        ages(data.at("ages")),
		NodeClasses: nodeClasses(data.at("node_classes")),
		Profiles:    profiles(data.at("profiles")),
		Site:        siteFacts(d),
		Stability:   data.at("stability").at("window").duration(),
		Placement:   data.at("placement").at("window").duration(),
		Widespread:  widespread(data.at("widespread")),
		Budgets:     budgets(data.at("budgets")),
		GroupLabel:  data.at("groups").at("label").str(),
		GroupWell:   engine.GroupWell{Count: data.at("groups").at("count").integer(), Percent: data.at("groups").at("percent").integer()},
		SilentAlert: data.at("silence").at("alert_after").duration(),
	}
	for _, r := range data.at("issues").ranked() {
		p.Issues = append(p.Issues, r.key)
	}
	if p.Placement == 0 {
		p.Placement = defaultPlacement
	}
	checkTables(p, d, data, g)
	return p
}

func actions(t row) (out []engine.ActionRow) {
	for _, r := range t.rows() {
		a := engine.ActionRow{
			Name:       engine.ActionKind(r.key),
			Rank:       r.at("rank").integer(),
			Disruptive: r.at("disruptive").boolean(),
			Custom:     r.at("custom").boolean(),
			Timeout:    r.at("timeout").duration(),
			Within:     r.at("verify").at("within").duration(),
			StableFor:  r.at("verify").at("stable_for").duration(),
			Covers:     kinds(r.at("covers").strs()),
			Impact:     r.at("impact").str(),
			Estimated:  r.at("estimated_duration").duration(),
		}
		if c := r.at("clears"); c.set() && c.str() != "stable" {
			a.Clears = c.duration()
		}
		out = append(out, a)
	}
	return out
}

func causes(t row) (out []engine.Cause) {
	for _, r := range t.ranked() {
		m := r.at("match")
		c := engine.Cause{Name: r.key, ExitCodes: m.at("exit_code").ints(), Signals: m.at("signal").ints()}
		if oom := m.at("oom"); oom.set() {
			b := oom.boolean()
			c.OOM = &b
		}
		out = append(out, c)
	}
	return out
}

func ages(t row) (out []engine.Age) {
	for _, r := range t.rows() {
		out = append(out, engine.Age{Name: r.key, Since: r.at("since").str(), For: r.at("for").duration()})
	}
	return out
}

func nodeClasses(t row) (out []engine.NodeClass) {
	for _, r := range t.ranked() {
		out = append(out, engine.NodeClass{Name: r.key, Labels: r.at("match").at("labels").labels()})
	}
	return out
}

// profiles are laid over the row `other`, which is the last.
func profiles(t row) (out []engine.Profile) {
	base := t.at(other)
	for _, r := range append(t.ranked(), base) {
		m, stable := r.at("match"), r.at("stable_after")
		if !stable.set() {
			stable = base.at("stable_after")
		}
		out = append(out, engine.Profile{
			Name:        r.key,
			Match:       engine.Selector{Name: m.at("name").str(), Criticality: m.at("criticality").str(), Labels: m.at("labels").labels()},
			StableAfter: stable.duration(),
		})
	}
	return out
}

// siteFacts are those that the pack declares of input.site.
func siteFacts(d *declarations) (out []engine.SiteFact) {
	site := d.common.Properties["site"]
	if site == nil {
		return nil
	}
	for name, s := range site.Properties {
		out = append(out, engine.SiteFact{Name: name, Values: d.resolve(s).words})
	}
	slices.SortFunc(out, func(a, b engine.SiteFact) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func widespread(t row) engine.Widespread {
	budget := func(r row) engine.Budget {
		return engine.Budget{Limit: r.at("count").integer(), Window: r.at("within").duration()}
	}
	return engine.Widespread{
		Version: t.at("version").at("count").integer(), Node: budget(t.at("node")), Group: budget(t.at("group")),
		SilenceCount: t.at("silence").at("count").integer(), SilencePercent: t.at("silence").at("percent").integer(),
	}
}

func budgets(t row) map[string]engine.Budget {
	out := map[string]engine.Budget{}
	for _, r := range t.rows() {
		out[r.key] = engine.Budget{Limit: r.at("limit").integer(), Window: r.at("window").duration()}
	}
	return out
}

package evaluator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"statemanager/engine"
)

// stacked is the default pack with layers.
func stacked(t *testing.T, layers ...Layer) Files {
	t.Helper()
	f, err := Stack(pack(t), layers...)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// site is a layer of these files.
func site(files map[string]string) Layer {
	l := Layer{Name: "site", Files: Files{}}
	for name, text := range files {
		l.Files[name] = []byte(text)
	}
	return l
}

const (
	parked = `package statemanager.recovery

skip.driving contains "restart" if input.site.vehicle == "driving"
`
	parkedTest = `package statemanager.site_test

import data.statemanager.recovery_test.answer

test_no_restart_while_driving if answer({"site": {"vehicle": "driving"}}).action == "recreate"
`
)

// Section 3: rules of a layer are added, its data is merged as RFC 7386 says, and the pack itself stays as it is.
func TestLayer(t *testing.T) {
	f := stacked(t, site(map[string]string{
		"data.yaml":                  "strategies: {other: [restart, notify], hang: [isolate], flapping: null}\nbackoff: [3s]\nprofiles: {other: {stable_after: 1m}}\n",
		"reasons/data.yaml":          "driving: \"the vehicle is driving: no {action}\"\n",
		"recovery/driving.rego":      parked,
		"recovery/driving_test.rego": parkedTest,
	}))
	p, r := Check(t.Context(), f)
	if p == nil || len(r.Problems) > 0 {
		t.Fatal(r.Problems)
	}
	facts := crash(p)
	facts.Site[0] = "driving"
	if a, d := recovery(t, p, facts); a.Action != engine.Notify || !slices.Contains(codes(d), "driving") {
		t.Errorf("got %+v, %v", a, codes(d))
	} else if !slices.Contains(d.Rules, engine.Place{File: "site:recovery/driving.rego", Line: 3}) {
		t.Errorf("the layer's rule is not among %v", d.Rules)
	}
	if a, _ := recovery(t, p, crash(p)); a.Action != engine.Restart || a.After != 3*time.Second {
		t.Errorf("a list of the layer replaces the pack's: got %+v", a)
	}
	flapping := crash(p)
	flapping.Issue = "flapping"
	if a, _ := recovery(t, p, flapping); a.Action != engine.Restart {
		t.Errorf("null removes: got %+v", a)
	}
	last := p.tables.Profiles[len(p.tables.Profiles)-1]
	if last.StableAfter != time.Minute || len(p.tables.Profiles) != 2 {
		t.Errorf("what a layer does not say stays: %+v", p.tables.Profiles)
	}
	_, base := Check(t.Context(), pack(t))
	if base.Tests+1 != r.Tests || r.Passed != r.Tests {
		t.Errorf("%d tests of the pack alone, with the layer %d, of which %d passed", base.Tests, r.Tests, r.Passed)
	}
}

// Section 3: the last layer is on top, and the revision covers all, their order too.
func TestLayersHaveAnOrder(t *testing.T) {
	low := Layer{"low", Files{"data.yaml": []byte("backoff: [1s]\nbudgets: {cell: {limit: 3, window: 1m}}\n")}}
	high := Layer{"high", Files{"data.yaml": []byte("backoff: [2s]\n")}}
	revisions := map[string]bool{pack(t).Digest(): true}
	for want, layers := range map[time.Duration][]Layer{2 * time.Second: {low, high}, time.Second: {high, low}} {
		f := stacked(t, layers...)
		p, r := Check(t.Context(), f)
		if p == nil {
			t.Fatal(r.Err())
		}
		revisions[p.Revision()] = true
		if a, _ := recovery(t, p, crash(p)); a.After != want {
			t.Errorf("got %v, want %v", a.After, want)
		}
		if p.tables.Budgets["cell"] != (engine.Budget{Limit: 3, Window: time.Minute}) {
			t.Errorf("budgets %v", p.tables.Budgets)
		}
		if !maps.EqualFunc(f.base(), pack(t), func(a, b []byte) bool { return string(a) == string(b) }) {
			t.Error("the pack below the layers is another")
		}
	}
	if len(revisions) != 3 {
		t.Errorf("%d revisions of three packs", len(revisions))
	}
}

// Section 3: a layer may have facts of the site and tables of its own.
func TestLayerDeclares(t *testing.T) {
	f := stacked(t, site(map[string]string{
		"weather/facts.rego": `# METADATA
# scope: package
# schemas:
#   - input.site.weather: {type: string, enum: [dry, ice, other]}
#   - data.weather: {type: object, required: [bad], properties: {bad: {type: string, enum: [ice]}}}
package statemanager.weather
`,
		"weather/data.yaml":     "bad: ice\n",
		"recovery/weather.rego": "package statemanager.recovery\n\nskip.bad_weather contains \"relocate\" if input.site.weather == data.weather.bad\n",
		"reasons/data.yaml":     "bad_weather: \"roads are bad: no {action}\"\n",
		"data.yaml":             "strategies: {other: [relocate, isolate]}\n",
	}))
	p, r := Check(t.Context(), f)
	if p == nil {
		t.Fatal(r.Err())
	}
	facts := crash(p)
	facts.Site[slices.IndexFunc(p.tables.Site, func(s engine.SiteFact) bool { return s.Name == "weather" })] = "ice"
	if a, d := recovery(t, p, facts); a.Action != engine.Isolate {
		t.Errorf("got %+v, %v", a, codes(d))
	}
}

// Gates name the layer that is wrong.
func TestLayerIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		gate  string
		want  string
	}{
		"data":             {map[string]string{"data.yaml": "backoff: [1s]\nstrategies: {other: [restrat]}\n"}, GateData, "site:data.yaml:2: data.strategies.other[0]: \"restrat\" is not a key"},
		"budget":           {map[string]string{"data.yaml": "budgets:\n  service: {limit: 51}\n"}, GateData, "site:data.yaml:2: data.budgets.service: limit (51) is more than the 50"},
		"removed":          {map[string]string{"data.yaml": "actions: {restart: null}\n"}, GateData, "data.yaml:"},
		"removes nothing":  {map[string]string{"data.yaml": "strategies: {\n  flaping: null}\n"}, GateRead, "site:data.yaml:2: data.strategies.flaping is removed here, but there is none"},
		"rule":             {map[string]string{"recovery/x.rego": "package statemanager.recovery\n\nwait contains \"held\" if input.isue == \"x\"\n"}, GateFacts, "site:recovery/x.rego:3: there is no fact input.isue"},
		"test":             {map[string]string{"x_test.rego": "package site_test\n\ntest_x if data.backoff == [\"7s\"]\n"}, GateTests, "site:x_test.rego:3: test_x fails"},
		"test, of compile": {map[string]string{"x_test.rego": "package site_test\n\ntest_x if nobody\n"}, GateCompile, "site:x_test.rego:3: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, r := Check(t.Context(), stacked(t, site(c.files)))
			if !slices.ContainsFunc(r.Problems, func(p Problem) bool { return p.Gate == c.gate && strings.HasPrefix(p.String(), c.want) }) {
				t.Errorf("want %s: %s, got %v", c.gate, c.want, r.Problems)
			}
		})
	}
}

// Section 3: a pack's own tests run without its layers, whose tests see the whole.
func TestTestsOfLayers(t *testing.T) {
	layer := site(map[string]string{
		"data.yaml":      "groups: {label: team}\n",
		"site_test.rego": "package site_test\n\ntest_label if data.groups.label == \"team\"\n",
	})
	base := pack(t, file("recovery/own_test.rego", "package statemanager.own_test\n\ntest_label if data.groups.label == \"group\"\n"))
	f, err := Stack(base, layer)
	if err != nil {
		t.Fatal(err)
	}
	if p, r := Check(t.Context(), f); p == nil {
		t.Error(r.Err())
	}
}

func TestStackRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		layers []Layer
		want   string
	}{
		"twice":   {[]Layer{{Name: "a"}, {Name: "a"}}, "two layers are named a"},
		"colon":   {[]Layer{{Name: "a:b"}}, "without a colon"},
		"no name": {[]Layer{{}}, "has a name"},
	} {
		if _, err := Stack(pack(t), c.layers...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Section 3: each value that holds is shown with its file.
func TestShow(t *testing.T) {
	f := stacked(t, site(map[string]string{"data.yaml": "strategies: {hang: [isolate], flapping: null}\nbudgets:\n  node: {limit: 7}\n", "more/data.yaml": "list: []\n", "dots/data.yaml": "v1.2: {a: 1}\nv1: 2\n"}))
	line := func(text string) string { return fmt.Sprintf("data.yaml:%d", lineOf(t, f, "data.yaml", text)) }
	for key, want := range map[string][]Shown{
		"strategies.hang": {{"strategies.hang", `["isolate"]`, "site:data.yaml:1"}},
		"budgets.node":    {{"budgets.node.limit", "7", "site:data.yaml:3"}, {"budgets.node.window", `"1m"`, line("  node: {limit: 10, window")}},
		"node_classes":    {{"node_classes", "{}", line("node_classes: {}")}},
		"more":            {{"more.list", "[]", "site:more/data.yaml:1"}},
		"dots.v1.2.a":     {{"dots.v1.2.a", "1", "site:dots/data.yaml:1"}},
	} {
		if got, err := Show(f, key); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %v, %v", key, got, err)
		}
	}
	if all, err := Show(f, ""); err != nil || len(all) < 100 || slices.ContainsFunc(all, func(s Shown) bool { return s.Key == "strategies.flapping" }) {
		t.Errorf("all: %d values, %v", len(all), err)
	}
	for key, want := range map[string]string{"strategis": "did you mean strategies?", "budgets.nod": "data.budgets has no nod; did you mean node?", "backoff.first": "data.backoff has no first"} {
		if _, err := Show(f, key); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", key, err)
		}
	}
}

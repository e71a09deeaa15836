package evaluator

import (
	"fmt"
	"strings"
	"testing"

	"statemanager/engine"
)

// own is a file with a rule of the operator's, whose line 3 has the mistake.
func own(rule string) edit {
	return file("recovery/own.rego", "package statemanager.recovery\n\n"+rule+"\n")
}

func manySiteFacts(t *testing.T, f Files) {
	for i := range engine.MaxSite {
		replace("facts.rego", "#             vehicle", fmt.Sprintf("#             x%d: {type: string, enum: [on, other]}\n#             vehicle", i))(t, f)
	}
}

func manyIssues(t *testing.T, f Files) {
	var rows strings.Builder
	for i := range 300 {
		fmt.Fprintf(&rows, "\n  x%d: {rank: %d}", i, 20+i)
	}
	replace("data.yaml", "\nissues:", "\nissues:"+rows.String())(t, f)
}

// TestGates holds that a mistake of each kind is found by its gate, with its place (policy contract, section 4).
func TestGates(t *testing.T) {
	const mine = "recovery/own.rego:3: "
	cases := map[string]struct {
		edits []edit
		gate  string
		want  string // the start of the problem
		hint  string // in its text
	}{
		"syntax":           {[]edit{own(`wait contains "held" if {`)}, GateRead, "recovery/own.rego:", ""},
		"yaml":             {[]edit{file("reasons/data.yaml", "a: b\nc: [")}, GateRead, "reasons/data.yaml:", ""},
		"name twice":       {[]edit{sentence("next", "again")}, GateRead, "reasons/data.yaml:", "given twice"},
		"network":          {[]edit{own(`wait contains "held" if http.send({}).held`)}, GateCompile, mine, "may not use http.send"},
		"clock":            {[]edit{own(`wait contains "held" if time.now_ns() > 1`)}, GateCompile, mine, "may not use time.now_ns"},
		"chance, in tests": {[]edit{file("recovery/own_test.rego", "package statemanager.recovery_test\n\ntest_x if rand.intn(\"x\", 2) < 3\n")}, GateCompile, "recovery/own_test.rego:3: ", "may not use rand.intn"},
		"unsafe":           {[]edit{own(`wait contains "held" if nobody`)}, GateCompile, mine, "unsafe"},
		"set name":         {[]edit{own(`wiat contains "held" if input.targets == "none"`)}, GateCompile, mine, "did you mean wait?"},
		"no entrypoint":    {[]edit{replace("stability/stability.rego", "\nissues :=", "\nissue :=")}, GateCompile, "stability/facts.rego:19: the pack has no rule statemanager.stability.issues", ""},

		"fact of a rule": {[]edit{replace("transition/transition.rego", `{"phase": input.phase}}],`, `{"phase": input.trigger}}],`)}, GateFacts, "transition/transition.rego:", "no fact input.trigger"},
		"number of data": {[]edit{own(`wait contains "held" if input.tries.restart > data.widespread.silence.percent`), set("widespread.silence.percent", "90")}, GateFacts, mine, "never 90"},
		"some number":    {[]edit{own(`wait contains "held" if input.tries.restart > data.budgets[_].limit`), set("budgets.cell", "{limit: 21, window: 1m}")}, GateFacts, mine, "is never 21 (data.yaml:"},
		"lone test":      {[]edit{own("test_x if input.phase == \"Running\"")}, GateCompile, mine, "a test stands in a file named *_test.rego"},
		"unread helper":  {[]edit{own("mine if nobody_reads\n\nnobody_reads if input.targets == \"none\"")}, GateCompile, mine, "no question reads the rule"},
		"product":        {[]edit{own(`wait contains "held" if product(numbers.range(1, 400000)) > 1`)}, GateCompile, mine, "may not use product"},

		"invented fact":   {[]edit{replace("recovery/facts.rego", "#   - input.targets:", "#   - input.mood: {type: boolean}\n#   - input.targets:")}, GateFacts, "recovery/facts.rego:", "knows no fact input.mood"},
		"another domain":  {[]edit{replace("recovery/facts.rego", "[none, some]}\n#   - input.source", "[none, many]}\n#   - input.source")}, GateFacts, "recovery/facts.rego:", `"some" is not declared`},
		"larger counter":  {[]edit{replace("recovery/facts.rego", "maximum: 20", "maximum: 200")}, GateFacts, "recovery/facts.rego:", "maximum 20"},
		"site without":    {[]edit{replace("facts.rego", "[parked, driving, other]", "[parked, driving]")}, GateFacts, "facts.rego:", "stands for unset"},
		"keyword":         {[]edit{replace("facts.rego", "x-keys: data.node_classes", "x-kyes: data.node_classes")}, GateFacts, "facts.rego:16: ", "input.node_class: a schema has no keyword x-kyes; did you mean x-keys?"},
		"keyword of all":  {[]edit{replace("facts.rego", "#   - input:\n#       type: object\n", "#   - input:\n#       type: object\n#       pattern: x\n")}, GateFacts, "facts.rego:14: ", "input: a schema has no keyword pattern"},
		"keyword of rows": {[]edit{replace("facts.rego", "cell: *budget", "cell: {type: object, additionalProperties: {oneOf: []}}")}, GateFacts, "facts.rego:122: ", "data.budgets.cell[_]: a schema has no keyword oneOf"},
		"no such table":   {[]edit{replace("recovery/facts.rego", "x-keys: data.causes", "x-keys: data.cause")}, GateFacts, "recovery/facts.rego:6: ", "input.cause: x-keys: data.cause is no table; did you mean data.causes?"},
		"list as a table": {[]edit{replace("recovery/facts.rego", "x-keys: data.causes", "x-keys: data.backoff")}, GateFacts, "recovery/facts.rego:6: ", "x-keys: data.backoff is no table"},
		"type of a shape": {[]edit{replace("recovery/facts.rego", "data.backoff: {type: array", "data.backoff: {type: list")}, GateFacts, "recovery/facts.rego:61: ", "data.backoff: type: list is not one of object, array"},
		"format":          {[]edit{replace("facts.rego", "stable_after: {type: string, format: duration}", "stable_after: {type: string, format: time}")}, GateFacts, "facts.rego:40: ", "data.profiles.other.stable_after: format: time is not duration"},
		"enum":            {[]edit{replace("facts.rego", "[parked, driving, other]", "[parked, driving, 3, other]")}, GateFacts, "facts.rego:22: ", "input.site.vehicle: enum: words are strings"},
		"missing table":   {[]edit{drop("strategies")}, GateData, "recovery/facts.rego:", "table data.strategies is missing"},
		"shape":           {[]edit{set("backoff", "fast")}, GateData, "data.yaml:", "not an array"},
		"length of time":  {[]edit{set("backoff", "[10]")}, GateData, "data.yaml:", "10 is not a length of time"},
		"no time":         {[]edit{set("backoff", "[10 seconds]")}, GateData, "data.yaml:", "not a length of time"},
		"action":          {[]edit{set("strategies.other", "[restrat]")}, GateData, "data.yaml:", "did you mean restart?"},
		"issue":           {[]edit{set("strategies.crsh", "[restart]")}, GateData, "data.yaml:", "did you mean crash?"},
		"unknown column":  {[]edit{set("actions.restart.disruptiv", "true")}, GateData, "data.yaml:", "did you mean disruptive?"},
		"number too big":  {[]edit{set("profiles.other.priority", "10")}, GateData, "data.yaml:", "more than 9"},
		"no trigger":      {[]edit{drop("transitions.Running.silent")}, GateData, "data.yaml:", "silent"},
		"no such phase":   {[]edit{set("transitions.Running.silent", "Degradd")}, GateData, "data.yaml:", "did you mean Degraded?"},
		"built in":        {[]edit{drop("actions.restart")}, GateData, "data.yaml:", "restart"},
		"not built in":    {[]edit{set("actions.reboot", "{rank: 1, disruptive: true, impact: stops, estimated_duration: 1m, timeout: 1m}")}, GateData, "data.yaml:", "custom: true"},
		"within":          {[]edit{set("actions.restart.verify", "{within: 5s, stable_for: 10s}")}, GateData, "data.yaml:", "must not be less"},
		"stable at once":  {[]edit{set("profiles.other.stable_after", "1s")}, GateData, "data.yaml:", "must be more than stable_for"},
		"window, delays":  {[]edit{set("actions.restart.clears", "5s")}, GateData, "data.yaml:", "clears (5s) must be more than the 3m0s that its attempts in data.strategies.other may take"},
		"of attempts":     {[]edit{set("actions.restart.clears", "2m")}, GateData, "data.yaml:", "clears (2m0s) must be more than the 3m0s that its attempts in data.strategies.other may take"},
		"of a back-off":   {[]edit{set("actions.restart.clears", "10m"), set("profiles.safety.backoff", "[1h]")}, GateData, "data.yaml:", "clears (10m0s) must be more than the 2h2m30s that its attempts in data.strategies.other may take"},
		"of all back-off": {[]edit{set("actions.restart.clears", "10m"), set("profiles.other.backoff", "[1h]")}, GateData, "data.yaml:", "clears (10m0s) must be more than the 2h2m30s that its attempts in data.strategies.other may take"},
		"not a rung":      {[]edit{set("strategies.other", "[update, isolate]")}, GateData, "data.yaml:", "data.strategies.other: recovery may not ask for update"},
		"not its rung":    {[]edit{set("profiles.safety.strategies", "{crash: [create]}")}, GateData, "data.yaml:", "data.profiles.safety.strategies.crash: recovery may not ask for create"},
		"not a plan's":    {[]edit{file("planning/own.rego", "package statemanager.planning\n\nwish contains \"isolate\" if input.diff.status == \"hung\"\n")}, GateQuestions, "planning/planning.rego:", "actions has \"isolate\", which is no action that a plan may ask for"},
		"uncounted":       {[]edit{set("strategies.hang", "["+strings.Repeat("restart, ", 22)+"isolate]")}, GateData, "data.yaml:", "data.strategies.hang has restart more than 20 times, but input.tries counts to 20"},
		"small counter":   {[]edit{replace("recovery/facts.rego", "maximum: 20", "maximum: 1"), set("strategies.plan_failed", "[replan]")}, GateData, "data.yaml:", "data.strategies.other has restart more than 1 times, but input.tries counts to 1"},
		"of a profile":    {[]edit{set("actions.recreate.clears", "3m"), set("profiles.slow", "{rank: 1, match: {name: x}, strategies: {other: [restart, recreate, recreate, isolate]}, backoff: [1s, 50s, 200s]}")}, GateData, "data.yaml:", "in data.profiles.slow.strategies.other may take"},
		"stability":       {[]edit{set("stability", "{window: 20m, flapping: 12, crash_loop: 5}")}, GateData, "data.yaml:", "window (20m0s) must be more than crash_loop (5) times stable_after (5m0s)"},
		"stability, too":  {[]edit{set("profiles.slow", "{rank: 1, match: {name: x}, stable_after: 1h}")}, GateData, "data.yaml:", "of data.profiles.slow"},
		"budget":          {[]edit{set("budgets.service", "{limit: 51, window: 1h}")}, GateData, "data.yaml:", "limit (51) is more than the 50"},
		"age, other":      {[]edit{set("ages.other", "{since: spec_change, for: 1m}")}, GateData, "data.yaml:", "data.ages.other: other is what no row"},
		"cause, other":    {[]edit{set("causes.other", "{rank: 9, match: {oom: true}}")}, GateData, "data.yaml:", "data.causes.other: other is what no row"},
		"issue of engine": {[]edit{drop("issues.no_progress")}, GateData, "data.yaml:", "no_progress"},

		"many facts":    {[]edit{manySiteFacts}, GateData, "facts.rego:18: ", "input.site has 17 facts; at most 16 can be"},
		"many issues":   {[]edit{manyIssues}, GateData, "data.yaml:", "data.issues has 310 rows; at most 255 can be"},
		"no actions":    {[]edit{drop("actions"), replace("facts.rego", "data.actions:", "data.deeds:")}, GateData, "data.yaml:1: ", "table data.actions is missing"},
		"table":         {[]edit{set("budgts", "{service: {limit: 1, window: 1m}}")}, GateData, "data.yaml:", "did you mean budgets?"},
		"table, folder": {[]edit{file("resons/data.yaml", "mine: \"because\"\n")}, GateData, "resons/data.yaml:1: ", "did you mean reasons?"},

		"allowed":      {[]edit{replace("transition/transition.rego", `{"phase": input.phase}}],`+"\n}", `{"phase": input.phase}}],`+"\n} if input.phase != \"Failed\"")}, GateQuestions, "transition/transition.rego:", `no rule answers for these facts, when input.phase is "Failed"`},
		"conflict":     {[]edit{file("dispatch/own.rego", "package statemanager.dispatch\n\nverdict := {\"verdict\": \"defer\", \"reasons\": [reason(\"held\")]} if input.unwell == \"all\"\n")}, GateQuestions, "dispatch/", ` and dispatch/own.rego:3, when input.`},
		"undefined":    {[]edit{replace("placement/placement.rego", "} else := {\"score\"", "} else := {\"score\": 1, \"reasons\": [reason(\"points\")]} if {\n\tinput.ready == false\n} else := {\"score\""), replace("placement/placement.rego", "[reason(\"points\")]}\n\npoints", "[reason(\"points\")]} if {\n\tinput.load == \"idle\"\n}\n\npoints")}, GateQuestions, "placement/placement.rego:", "no rule answers"},
		"no reasons":   {[]edit{replace("dispatch/dispatch.rego", `[reason("free")]`, `[]`)}, GateQuestions, "dispatch/dispatch.rego:", "no reasons"},
		"answer field": {[]edit{replace("dispatch/dispatch.rego", `"reasons": [reason("free")]`, `"priority": 1, "reasons": [reason("free")]`)}, GateQuestions, "dispatch/dispatch.rego:", "belong to no answer"},
		"answer value": {[]edit{replace("dispatch/dispatch.rego", `{"verdict": "run"`, `{"verdict": "wait"`)}, GateQuestions, "dispatch/dispatch.rego:", "run or defer"},
		"not a code":   {[]edit{replace("dispatch/dispatch.rego", `reason("free")`, `reason("restart")`)}, GateQuestions, "dispatch/dispatch.rego:", "no sentence"},
		"placeholder":  {[]edit{replace("reasons/data.yaml", "next: \"{action}", "next: \"{acton}")}, GateQuestions, "recovery/decision.rego:", "{acton}"},
		"test":         {[]edit{file("recovery/own_test.rego", "package statemanager.own_test\n\ntest_x if {\n\tprint(\"seen\")\n\t1 > 2\n}\n")}, GateTests, "recovery/own_test.rego:3: ", "test_x fails: "},
		"case":         {[]edit{file("recovery/own_test.rego", "package statemanager.own_test\n\ntest_x[name] if {\n\tsome name, n in {\"one\": 1, \"two\": 2}\n\tn > 1\n}\n")}, GateTests, "recovery/own_test.rego:3: ", "one"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, r := Check(t.Context(), pack(t, c.edits...))
			if p != nil || r.OK() {
				t.Fatalf("passed: %v", r.Problems)
			}
			for _, x := range r.Problems {
				if x.Line == 0 {
					t.Errorf("has no place: %v", x)
				}
			}
			for _, x := range r.Problems {
				if x.Severity == SeverityError && x.Gate == c.gate && strings.HasPrefix(x.String(), c.want) && strings.Contains(x.Text, c.hint) {
					return
				}
			}
			t.Errorf("want %s: %s...%s, got:", c.gate, c.want, c.hint)
			for _, x := range r.Problems {
				t.Errorf("    %s %s: %v", x.Severity, x.Gate, x)
			}
		})
	}
}

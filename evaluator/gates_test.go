package evaluator

import (
	"strings"
	"testing"
)

// own is a file with a rule of the operator's, whose line 3 has the mistake.
func own(rule string) edit {
	return file("recovery/own.rego", "package statemanager.recovery\n\n"+rule+"\n")
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
		"no entrypoint":    {[]edit{replace("stability/stability.rego", "\nissues :=", "\nissue :=")}, GateCompile, "the pack has no rule statemanager.stability.issues", ""},

		"fact":           {[]edit{own(`wait contains "held" if input.isue == "crash"`)}, GateFacts, mine, "did you mean issue?"},
		"part of a fact": {[]edit{own(`wait contains "held" if input.last_good.versoin == "none"`)}, GateFacts, mine, "did you mean version?"},
		"row as a fact":  {[]edit{own(`wait contains "held" if input.tries.restrat > 1`)}, GateFacts, mine, "did you mean restart?"},
		"below a fact":   {[]edit{own(`wait contains "held" if input.issue.name == "crash"`)}, GateFacts, mine, "single value"},
		"another's fact": {[]edit{own(`wait contains "held" if input.held`)}, GateFacts, mine, "no fact input.held"},
		"fact of a rule": {[]edit{replace("transition/transition.rego", `{"phase": input.phase}}],`, `{"phase": input.trigger}}],`)}, GateFacts, "transition/transition.rego:", "no fact input.trigger"},
		"value":          {[]edit{own(`wait contains "held" if input.phase == "Runing"`)}, GateFacts, mine, "did you mean Running?"},
		"another value":  {[]edit{own(`wait contains "held" if input.source != "driving"`)}, GateFacts, mine, `input.source is never "driving"`},
		"value in a set": {[]edit{own(`wait contains "held" if input.issue in {"crash", "Running"}`)}, GateFacts, mine, `never "Running"`},
		"value of facts": {[]edit{own(`wait contains "held" if "spent" in {input.source, input.targets}`)}, GateFacts, mine, `never "spent"`},
		"value in a map": {[]edit{own(`wait contains "held" if {"crash": true, "Failed": false}[input.issue]`)}, GateFacts, mine, `never "Failed"`},
		"number":         {[]edit{own(`wait contains "held" if input.tries.restart > 21`)}, GateFacts, mine, "0..20"},
		"number of data": {[]edit{own(`wait contains "held" if input.tries.restart > data.widespread.silence.percent`), set("widespread.silence.percent", "90")}, GateFacts, mine, "never 90"},
		"type":           {[]edit{own(`wait contains "held" if input.widespread.node == "none"`)}, GateFacts, mine, "never a string"},
		"order":          {[]edit{own(`wait contains "held" if input.phase < "Running"`)}, GateFacts, mine, "words have no order"},
		"word":           {[]edit{own(`skip.no_target contains "restrat" if input.targets == "none"`)}, GateFacts, mine, "did you mean restart?"},
		"reason":         {[]edit{own(`wait contains "too_hot" if input.targets == "none"`)}, GateFacts, mine, "no known word"},
		"reason as key":  {[]edit{own(`skip.too_hot contains "restart" if input.targets == "none"`)}, GateFacts, mine, "no known word"},
		"no table":       {[]edit{own(`wait contains "held" if data.strategie.other`)}, GateFacts, mine, "did you mean strategies?"},
		"row":            {[]edit{own(`wait contains "held" if data.stability.flaping > 1`)}, GateFacts, mine, "did you mean flapping?"},
		"word of args":   {[]edit{own(`wait contains "held" if {"code": "next", "args": {"mood": "hapy"}}.code == "held"`)}, GateFacts, mine, `"hapy" is no known word`},
		"row of rows":    {[]edit{own(`wait contains "held" if data.actions[next].at_oncee`)}, GateFacts, mine, "did you mean at_once?"},
		"profile":        {[]edit{own(`wait contains "held" if data.profiles.vip.critical`)}, GateFacts, mine, "has no vip"},
		"key of a table": {[]edit{own(`wait contains "held" if data.strategies[input.phase]`)}, GateFacts, mine, "never a name"},
		"rule":           {[]edit{own(`wait contains "held" if data.statemanager.recovery.nxt`)}, GateFacts, mine, "did you mean next?"},
		"order of words": {[]edit{own(`wait contains "held" if input.phase > input.last.action`)}, GateFacts, mine, "words have no order"},
		"order of texts": {[]edit{own(`wait contains "held" if data.backoff[0] < "10s"`)}, GateFacts, mine, "strings have no order"},
		"order of data":  {[]edit{own(`wait contains "held" if 3 > data.groups.label`)}, GateFacts, mine, "strings have no order"},
		"object":         {[]edit{own(`wait contains "held" if input.last_good == data.widespread`)}, GateFacts, mine, "input.last_good is an object of facts and no value"},
		"object, named":  {[]edit{own(`wait contains "held" if { x := input.last; x.acton == "restart" }`)}, GateFacts, mine, "input.last is an object of facts"},
		"object, given":  {[]edit{own(`wait contains "held" if count(input.tries) > 3`)}, GateFacts, mine, "input.tries is an object of facts"},
		"facts by name":  {[]edit{own(`wait contains "held" if { some x in {"issue"}; input[x] == "crash" }`)}, GateFacts, mine, "input as a whole"},
		"looked up":      {[]edit{own(`wait contains "held" if object.get(input.last, "issue", "none") == "restart"`)}, GateFacts, mine, "no fact input.last.issue"},
		"looked up data": {[]edit{own(`wait contains "held" if object.get(data.strategies, input.phase, data.backoff)`)}, GateFacts, mine, "never a name"},
		"by a variable":  {[]edit{own(`wait contains "held" if { x := input.issue; x == "restart" }`)}, GateFacts, mine, `x is never "restart"`},
		"iterated":       {[]edit{own(`wait contains "held" if { some action, n in input.tries; n > 21; action == "restart" }`)}, GateFacts, mine, "n is never 21"},
		"iterated name":  {[]edit{own(`wait contains "held" if { some age, young in input.recent; young; age == "restart" }`)}, GateFacts, mine, `age is never "restart"`},
		"key, variable":  {[]edit{own(`wait contains "held" if { x := input.source; data.strategies[x] }`)}, GateFacts, mine, "x is never a name in data.strategies"},
		"some number":    {[]edit{own(`wait contains "held" if input.tries.restart > data.budgets[_].limit`), set("budgets.cell", "{limit: 21, window: 1m}")}, GateFacts, mine, "is never 21 (data.yaml:"},
		"with, as data":  {[]edit{own(`wait contains "held" if count(open) > 0 with data.backoff as []`)}, GateFacts, mine, "for tests"},
		"unread helper":  {[]edit{own("mine if nobody_reads\n\nnobody_reads if input.targets == \"none\"")}, GateCompile, mine, "no question reads the rule"},
		"whole input":    {[]edit{own(`wait contains "held" if count(input) > 3`)}, GateFacts, mine, "as a whole"},
		"product":        {[]edit{own(`wait contains "held" if product(numbers.range(1, 400000)) > 1`)}, GateCompile, mine, "may not use product"},
		"square":         {[]edit{own(`wait contains "held" if { some i in numbers.range(1, 9); i * i > 1 }`)}, GateFacts, mine, "one side of *"},
		"rule by rule":   {[]edit{own(`wait contains "held" if count(open) * count(skipped) > 1`)}, GateFacts, mine, "one side of *"},
		"long number":    {[]edit{own(`wait contains "held" if input.tries.restart * 1e400 > 1`)}, GateFacts, mine, "too large a number"},
		"with":           {[]edit{own(`wait contains "held" if count(open) > 0 with input.issue as "hang"`)}, GateFacts, mine, "for tests"},

		"invented fact":   {[]edit{replace("recovery/facts.rego", "#   - input.targets:", "#   - input.mood: {type: boolean}\n#   - input.targets:")}, GateFacts, "recovery/facts.rego:", "knows no fact input.mood"},
		"another domain":  {[]edit{replace("recovery/facts.rego", "[none, some]}\n#   - input.source", "[none, many]}\n#   - input.source")}, GateFacts, "recovery/facts.rego:", `"some" is not declared`},
		"larger counter":  {[]edit{replace("recovery/facts.rego", "maximum: 20", "maximum: 200")}, GateFacts, "recovery/facts.rego:", "maximum 20"},
		"site without":    {[]edit{replace("facts.rego", "[parked, driving, other]", "[parked, driving]")}, GateFacts, "facts.rego:", "stands for unset"},
		"missing table":   {[]edit{drop("strategies")}, GateData, "recovery/facts.rego:", "no such table"},
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
		"window, delays":  {[]edit{set("actions.restart.clears", "5s")}, GateData, "data.yaml:", "clears (5s) must be more than the 30s that its attempts in data.strategies."},
		"of a profile":    {[]edit{set("actions.recreate.clears", "3m"), set("profiles.slow", "{rank: 1, match: {name: x}, strategies: {other: [restart, recreate, recreate, isolate]}, backoff: [1s, 50s, 200s]}")}, GateData, "data.yaml:", "in data.profiles.slow.strategies.other take"},
		"stability":       {[]edit{set("stability", "{window: 20m, flapping: 12, crash_loop: 5}")}, GateData, "data.yaml:", "window (20m0s) must be more than crash_loop (5) times stable_after (5m0s)"},
		"stability, too":  {[]edit{set("profiles.slow", "{rank: 1, match: {name: x}, stable_after: 1h}")}, GateData, "data.yaml:", "of data.profiles.slow"},
		"issue of engine": {[]edit{drop("issues.no_progress")}, GateData, "data.yaml:", "no_progress"},

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

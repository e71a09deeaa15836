package policies_test

import (
	"context"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/rego"

	"statemanager/engine"
	"statemanager/policies"
)

func manual(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands under a heading, up to the next one.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(text, "\n### "+heading+"\n")
	if !found {
		t.Fatalf("docs/policy.md has no section %q", heading)
	}
	body, _, _ := strings.Cut(rest, "\n##")
	return body
}

// docs/policy.md lists every fact of every entrypoint with its domain.
func TestManualListsFacts(t *testing.T) {
	text := manual(t)
	common, _, _ := strings.Cut(text[strings.Index(text, "\n## The questions"):], "\n### ")
	for _, q := range questions {
		name := engine.Entrypoint(q)
		body := common + section(t, text, name)
		for _, f := range tagged(q) {
			line := regexp.MustCompile("(?m)^.*`" + regexp.QuoteMeta(f.Name) + "[`.].*$").FindString(body)
			if line == "" {
				t.Errorf("%s: fact %s is not listed", name, f.Name)
			} else if words := strings.ReplaceAll(f.Values, ",", ", "); name != "transition.allowed_actions" && !strings.Contains(line, words) {
				t.Errorf("%s: fact %s is listed without %s: %s", name, f.Name, words, line)
			} else if f.Max != "" && !strings.Contains(line, "0.."+f.Max) {
				t.Errorf("%s: fact %s is listed without 0..%s", name, f.Name, f.Max)
			} else if f.Keys != "" && !f.Rows && !strings.Contains(line, "K("+f.Keys+")") {
				t.Errorf("%s: fact %s is listed without K(%s)", name, f.Name, f.Keys)
			}
		}
	}
}

// docs/policy.md describes every table, and every key of their rows.
func TestManualListsTables(t *testing.T) {
	p, text := load(t), manual(t)
	tables, _, _ := strings.Cut(text[strings.Index(text, "\n## The tables"):], "\n## The gates")
	for _, name := range slices.Sorted(maps.Keys(p.data)) {
		if !strings.Contains(tables, "**`"+name+"`**") {
			t.Errorf("table %s is not described", name)
		}
	}
	for _, table := range []string{"profiles", "actions", "ages", "budgets", "stability", "placement", "silence", "groups"} {
		for key, row := range p.data[table].(map[string]any) {
			fields, ok := row.(map[string]any)
			if !ok {
				fields = map[string]any{key: row}
			}
			for field := range fields {
				if !strings.Contains(tables, "`"+field+"`") {
					t.Errorf("key %s of %s.%s is not described", field, table, key)
				}
			}
		}
	}
}

// edits are the edits of docs/policy.md, the question that each is about, and what it makes of the answer.
var edits = []struct {
	heading    string
	blocks     []int  // of the section: which code blocks are the edit
	table      string // that its lines of data belong to
	file       string // that its rule stands in
	entrypoint string
	facts      map[string]any
	want       string
}{
	{"Isolate after two failures", []int{0}, "strategies", "", "recovery.decision",
		map[string]any{"tries.restart": 2}, "isolate"},
	{"Services of tier=safety never relocate", []int{0}, "profiles", "", "recovery.decision",
		map[string]any{"profile": "tier_safety", "targets": "some", "tries.restart": 20, "tries.rollback": 20, "tries.recreate": 20}, "isolate"},
	{"Roll back at once if a version crashes within a minute", []int{0, 1}, "reasons", "recovery/crashed_at_once.rego", "recovery.decision",
		map[string]any{"recent.spec": true, "last_good.version": "differs"}, "rollback"},
	{"No restarts while driving", []int{0, 2}, "reasons", "dispatch/driving.rego", "dispatch.verdict",
		map[string]any{"site.vehicle": "driving"}, "defer"},
	{"No restarts while driving", []int{1, 2}, "reasons", "recovery/driving.rego", "recovery.decision",
		map[string]any{"site.vehicle": "driving", "tries.rollback": 20, "targets": "some"}, "relocate"},
	{"A custom action as the rung before isolate", []int{0, 1}, "actions", "", "recovery.decision",
		map[string]any{"tries.restart": 20, "tries.recreate": 20, "tries.reboot-ecu": 0}, "reboot-ecu"},
}

var block = regexp.MustCompile("(?s)```(rego|yaml)\n(.*?)```")

// Each edit of docs/policy.md, as it stands there, has the effect that is said, and breaks no test of the pack.
func TestEdits(t *testing.T) {
	text := manual(t)
	for _, e := range edits {
		files := policies.Files()
		blocks := block.FindAllStringSubmatch(section(t, text, e.heading), -1)
		for _, i := range e.blocks {
			switch kind, body := blocks[i][1], blocks[i][2]; {
			case kind == "rego":
				files[e.file] = []byte(body)
			case e.table == "reasons":
				files["reasons/data.yaml"] = append(files["reasons/data.yaml"], body...)
			default:
				files["data.yaml"] = edited(files["data.yaml"], e.table, body)
			}
		}
		p := parse(t, files)
		p.test(t, cover.New())
		before, after := decided(t, load(t), e.entrypoint, e.facts), decided(t, p, e.entrypoint, e.facts)
		if before == e.want || after != e.want {
			t.Errorf("%s: %s before, %s after, want %s", e.heading, before, after, e.want)
		}
	}
}

// edited replaces the line of that key, or adds it to the table.
func edited(data []byte, table, line string) []byte {
	key, _, _ := strings.Cut(line, ":")
	old := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(key) + `: \[.*\n`)
	if old.Match(data) {
		return old.ReplaceAllLiteral(data, []byte(line))
	}
	return []byte(strings.Replace(string(data), "\n"+table+":\n", "\n"+table+":\n"+line, 1))
}

// decided is the answer to a question about a service with nothing special but these facts.
func decided(t *testing.T, p *pack, entrypoint string, facts map[string]any) string {
	t.Helper()
	input := map[string]any{}
	for name, v := range map[string]any{
		"profile": "other", "phase": "Degraded", "site.vehicle": "parked", "issue": "crash", "cause": "other", "unwell": "all",
		"last.action": "none", "last.result": "none", "recent.spec": false, "last_good.version": "same", "last_good.config": "same",
		"targets": "none", "source": "reachable", "dependencies": "all_well", "action": "restart", "held": false,
		"widespread.version": false, "widespread.node": false, "widespread.group": false, "widespread.silence": false,
	} {
		put(input, name, v)
	}
	for _, a := range p.table("actions") {
		put(input, "tries."+a, 0)
	}
	for name, v := range facts {
		put(input, name, v)
	}
	out, err := p.prepare(t, entrypoint).Eval(context.Background(), rego.EvalInput(input))
	if err != nil || len(out) != 1 {
		t.Fatalf("%s has %d answers: %v", entrypoint, len(out), err)
	}
	answer := out[0].Expressions[0].Value.(map[string]any)
	if verdict, ok := answer["verdict"].(string); ok {
		return verdict
	}
	return answer["action"].(string)
}

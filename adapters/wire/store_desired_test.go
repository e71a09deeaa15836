package wire

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"statemanager/engine"
)

// anySpec draws a spec that may be one.
func anySpec(t *rapid.T) *engine.Spec {
	words := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,5}`), rapid.StringMatching(`[ -~]{0,9}`), 0, 3)
	return &engine.Spec{
		Node:         rapid.StringMatching(`[a-z][a-z.]{0,5}[0-9]`).Draw(t, "node"),
		Replicas:     rapid.Uint32Range(0, MaxReplicas).Draw(t, "replicas"),
		Version:      rapid.StringN(0, 9, -1).Draw(t, "version"),
		Config:       words.Draw(t, "config"),
		Resources:    engine.Resources{CPUMillis: rapid.Int64Range(0, 1<<62).Draw(t, "cpu"), MemoryBytes: rapid.Int64Range(0, 1<<62).Draw(t, "memory")},
		Dependencies: rapid.SampledFrom([][]engine.ResourceID{nil, {engine.Service("a", "db")}, {engine.Service("a", "db"), engine.Service("b", "db")}}).Draw(t, "dependencies"),
		Labels:       words.Draw(t, "labels"),
		Criticality:  rapid.SampledFrom([]string{"", "high"}).Draw(t, "criticality"),
		StartPeriod:  time.Duration(rapid.Int64Range(0, 1<<50).Draw(t, "start")),
		State:        rapid.SampledFrom([]engine.Phase{engine.Running, engine.Pending}).Draw(t, "state"),
		Workload:     rapid.SampledFrom([]string{"", "{}", `{"a":[1,2.5,null],"b":{"c":"<d>"}}`}).Draw(t, "workload"),
	}
}

// Rule 1.2: a desired value is protobuf JSON; the same spec is the same value, and a value that was written is read back.
func TestSpecComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := anySpec(t)
		b, err := SpecToJSON(s)
		if err != nil {
			t.Fatal(err)
		}
		got, err := SpecFromJSON(b)
		if err != nil || !got.Equal(s) {
			t.Fatalf("wrote %s of %+v\n read %+v, %v", b, s, got, err)
		}
		if again, err := SpecToJSON(got); err != nil || string(again) != string(b) {
			t.Fatalf("wrote %s, then %s, %v", b, again, err)
		}
	})
}

// A spec as a human would write it, with all that may be left out.
func TestSpecDefaults(t *testing.T) {
	got, err := SpecFromJSON([]byte(`{"node": "n1", "workload": {"b": 1, "a": "x"}, "startPeriod": "1.5s", "dependencies": [{"namespace": "a", "name": "db"}]}`))
	want := &engine.Spec{
		Node: "n1", Replicas: 1, State: engine.Running, Workload: `{"a":"x","b":1}`, StartPeriod: 1500 * time.Millisecond,
		Dependencies: []engine.ResourceID{engine.Service("a", "db")},
	}
	if err != nil || !got.Equal(want) {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
}

// Every bound is told with the name of its field.
func TestSpecIsRefused(t *testing.T) {
	long := strings.Repeat("x", maxWord+1)
	for json, want := range map[string]string{
		``:                                  "spec: ",
		`{}`:                                "spec: node: it is missing",
		`{"node": "-n"}`:                    `spec: node: "-n" is not`,
		`{"node": "n", "replica": 2}`:       `unknown field "replica"`,
		`{"node": "n", "replicas": 1001}`:   "spec: replicas: 1001 is more than 1000",
		`{"node": "n", "replicas": -1}`:     "replicas",
		`{"node": "n", "state": "running"}`: `spec: state: "running" is neither Running nor Pending`,
		`{"node": "n", "resources": {"cpu_millis": -1}}`:                                             "spec: resources.cpu_millis: -1 is negative",
		`{"node": "n", "resources": {"memory_bytes": -1}}`:                                           "spec: resources.memory_bytes: -1 is negative",
		`{"node": "n", "start_period": "-1s"}`:                                                       "spec: start_period: -1s is negative",
		`{"node": "n", "config": {"": "x"}}`:                                                         "spec: config: an entry has no name",
		`{"node": "n", "labels": {"k": "` + long + `"}}`:                                             "spec: labels.k: ",
		`{"node": "n", "version": "` + long + `"}`:                                                   "spec: version: ",
		`{"node": "n", "workload": "x"}`:                                                             "unexpected token",
		`{"node": "n", "dependencies": [{"namespace": "a"}]}`:                                        `spec: dependencies[0].name: "" is not`,
		`{"node": "n", "dependencies": [{"namespace": "a/", "name": "b"}]}`:                          `spec: dependencies[0].namespace: "a/" is not`,
		`{"node": "n", "dependencies": [{"kind": "node", "namespace": "a"}]}`:                        `spec: dependencies[0].kind: "node" is not service`,
		`{"node": "n", "dependencies": [{"namespace":"a","name":"b"},{"namespace":"a","name":"b"}]}`: "spec: dependencies[1]: a/b is named twice",
		`{"node": "n", "config": {"k": "` + strings.Repeat("x", MaxSpec) + `"}}`:                     "more than 65536",
	} {
		_, err := SpecFromJSON([]byte(json))
		if e, _ := err.(*engine.Error); e == nil || e.Kind != engine.Invalid || !strings.Contains(e.Text, want) {
			t.Errorf("%.80s: got %v, want an Invalid error with %q", json, err, want)
		}
	}
}

// A stored value that is malformed around a secret is told of without it: the error is logged and raised as an alert.
func TestErrorsRepeatNoValue(t *testing.T) {
	const secret = "hunter2-8f1c"
	for _, text := range []string{
		`{"config":{"a":` + secret + `}}`, `{"config":{"a":"` + secret + `}}`, `{"config":"` + secret + `"}`, `{"config":["` + secret + `"]}`,
		`{"config":{"a":{"b":"` + secret + `"}}}`, `{"replicas":"` + secret + `"}`, `{"startPeriod":"` + secret + `"}`, `{"workload":"` + secret + `"}`,
		`{"config":{"a":"` + secret + `"},"replicas":-1}`, `{"config":{"a":"` + secret + `","a":"` + secret + `"}}`, `{"config":{"a":"` + secret + `"}} ` + secret,
		secret, `"` + secret + `"`, `{"` + secret + `:1`, `{"config":{"a":"\x` + secret + `"}}`, `{"config":{"a":"` + secret + `"},"nodee":"n1"}`,
		`{"config":{"a":"` + secret + "\xff" + `"}}`, `{"config":{"` + strings.Repeat("k", 300) + `":"` + secret + `"}}`,
	} {
		_, err := SpecFromJSON([]byte(text))
		if err == nil || strings.Contains(err.Error(), secret[:7]) {
			t.Errorf("%.60s gives %v", text, err)
		}
	}
}

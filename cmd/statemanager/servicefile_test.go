package main

import (
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// TestServiceFile: what may be written comes through, durations and numbers of a configuration included.
func TestServiceFile(t *testing.T) {
	list, err := parseServices("f.yaml", []byte(`
name: web
spec:
  node: n1
  replicas: 2
  config: {port: 80, debug: true}
  start_period: 1m30s
  workload: {command: [sleep, "1"], env: {A: b}}
---
{kind: service, namespace: other, name: api, spec: {node: n2, dependencies: [{name: db}, {namespace: default, name: web}]}}
`))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 2 {
		t.Fatalf("%d services, want 2", len(list))
	}
	web, api := list[0], list[1]
	if web.ResourceId.Namespace != "default" || web.Spec.GetReplicas() != 2 || web.Spec.StartPeriod.AsDuration() != 90*time.Second {
		t.Errorf("web is %v", web)
	}
	if web.Spec.Config["port"] != "80" || web.Spec.Config["debug"] != "true" || web.Spec.Workload.Fields["command"].GetListValue().Values[0].GetStringValue() != "sleep" {
		t.Errorf("web's spec is %v", web.Spec)
	}
	if d := api.Spec.Dependencies; len(d) != 2 || d[0].Namespace != "other" || d[1].Namespace != "default" {
		t.Errorf("api needs %v: the namespace of a dependency is its service's, unless it says another", d)
	}
	if api.ResourceId.Namespace != "other" || api.Spec.Replicas != nil {
		t.Errorf("api is %v", api)
	}
}

// TestServiceFileErrors: each names the file and, where there is one, the line and the key.
func TestServiceFileErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "f.yaml: no service in it",
		"name: a":                               "service a has no spec",
		"spec: {}":                              "without a name",
		"kind: job\nname: a\nspec: {}":          `kind "job" is unknown`,
		"name: a\nspec:\n  nodes: n":            `f.yaml:3: unknown key "nodes"`,
		"name: a\nspec:\n  resources: {cpu: 1}": `f.yaml:3: unknown key "cpu"`,
		"name: a\nspec:\n  start_period: 5":     "f.yaml:3: start_period must be a duration such as 10s",
		"name: a\nspec:\n  start_period: [5s]":  "f.yaml:3: start_period must be a duration such as 10s",
		"name: a\nspec:\n  node: n\n  replicas: many":     "f.yaml:4: replicas must be a whole number",
		"name: a\nspec:\n  replicas: -1":                  "f.yaml:3: replicas must be a whole number from 0 on",
		"name: a\nspec:\n  node: [n]":                     "f.yaml:3: node must be a text",
		"name: a\nspec: text":                             "f.yaml:2: ",
		"name: a\nspec:\n  config: [x]":                   "f.yaml:3: config must be a mapping",
		"name: a\nspec:\n  config: {a: {b: c}}":           `f.yaml:3: config: the value of "a"`,
		"name: a\nspec: {node: n}\n---\nnme: b":           `f.yaml:4: unknown key "nme"`,
		"name: a\nspec:\n  workload: {a: {? {b: c} : x}}": "f.yaml:3: spec: a key must be a single value",
		"just text": "f.yaml:1: the value must be a mapping of keys to values",
		"name: [a":  "f.yaml:1: ",
		strings.Repeat("#", 10) + "\nname: {a: b}": "f.yaml:2: ",
	} {
		if _, err := parseServices("f.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		} else if strings.Contains(err.Error(), "main.") || strings.Contains(err.Error(), "unmarshal") {
			t.Errorf("%q gives the words of a library: %v", text, err)
		}
	}
}

// TestServiceFileTogether: what one service after the other would pass, and the file does not; dependencies that share
// what they need are no circle.
func TestServiceFileTogether(t *testing.T) {
	needs := func(name string, on ...string) string {
		text := "---\nname: " + name + "\nspec:\n  dependencies: ["
		for _, d := range on {
			text += "{namespace: default, name: " + d + "}, "
		}
		return text + "]\n"
	}
	for text, want := range map[string]string{
		needs("a") + needs("b") + needs("a"):                     "f.yaml:10: default/a stands there twice, first at f.yaml:2; take one of them out",
		needs("x", "a") + needs("a", "b") + needs("b", "c", "a"): "f.yaml:6: its dependencies are a circle: default/a (f.yaml:6) needs default/b (f.yaml:10) needs default/a (f.yaml:6); take one of them out",
		needs("a", "a"): "f.yaml:2: its dependencies are a circle: default/a (f.yaml:2) needs default/a (f.yaml:2); take one of them out",
		needs("a", "b", "c") + needs("b", "d") + needs("c", "d") + needs("d", "elsewhere"): "",
		needs("a") + "namespace: other\n" + needs("a"):                                     "",
	} {
		got := ""
		if _, err := parseServices("f.yaml", []byte(text)); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s\ngives %q, want %q", text, got, want)
		}
	}
}

// TestYAMLErrorRepeatsNoKey: a key that is a mapping or a list is not repeated, wherever the library finds it.
func TestYAMLErrorRepeatsNoKey(t *testing.T) {
	for _, text := range []string{"? {a: " + secret + "}\n: x", "? [" + secret + "]\n: x"} {
		var v any
		err := yaml.Unmarshal([]byte(text), &v)
		if err == nil {
			t.Fatalf("%q is read", text)
		}
		if got := yamlError("f.yaml", err).Error(); got != "f.yaml: invalid map key" {
			t.Errorf("%q gives %q", text, got)
		}
	}
}

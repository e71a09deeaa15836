package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestConfig: defaults, and paths that are relative to the file.
func TestConfig(t *testing.T) {
	file := writeConfig(t, "data_dir: d\npolicy: {directory: /p}\ntls: {cert: c.pem}\n")
	c, err := loadConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(file)
	if c.DataDir != filepath.Join(dir, "d") || c.TLS.Cert != filepath.Join(dir, "c.pem") || c.Policy.Directory != "/p" {
		t.Errorf("paths are %q, %q, %q", c.DataDir, c.TLS.Cert, c.Policy.Directory)
	}
	if c.Listen != "127.0.0.1:7600" || c.Cell != "default" || c.NodeTimeout != 10*time.Second || c.CannotTell != "ask" {
		t.Errorf("defaults are %+v", c)
	}
}

// TestConfigErrors: each names the key.
func TestConfigErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "data_dir: missing",
		"# " + strings.Repeat("x", 1<<20): "larger than",
		"data_dir: d\nlisten: here":       "listen: ",
		"data_dir: d\ncell: A/B":          "cell: ",
		"data_dir: d\nnode_timeout: 1ms":  "node_timeout: 1ms is below 1s",
		"data_dir: d\ncannot_tell: x":     "cannot_tell: ",
		"data_dir: d\nnodes: [{id: a, agent: 'h:1', controller: 'h:1'}, {id: a, agent: 'h:1', controller: 'h:1'}]": `nodes[1].id: "a" stands there twice`,
		"data_dir: d\nnodes: [{id: a, agent: 'h:1'}]":                                                              "nodes[0].controller: ",
		"data_dir: d\nmonitoring: {address: x}":                                                                    "monitoring.address: ",
		"data_dir: d\n\nnodes:\n- {id: a, agent: 'h:1', controller: 'h:1'}\n- id: a":                               `c.yaml:5: nodes[1].id: "a" stands there twice`,
		"data_dir: d\nnodes:\n- {id: a, agent: 'h:1'}":                                                             "c.yaml:3: nodes[0].controller: ",
		"cell: a":                           "c.yaml: data_dir: missing",
		"data_dir: d\nlog:\n  level: loud":  `c.yaml:3: log.level: "loud" is none of`,
		"data_dir: d\nnode_timeout: 10":     "c.yaml:2: the value must be a duration such as 10s",
		"data_dir: d\nnodes: x":             "c.yaml:2: the value must be a list of mappings",
		"data_dir: d\netcd: {endpoints: x}": "c.yaml:2: the value must be a list of texts",
		"data_dir: [d]\nlog: {json: 3}":     "c.yaml:1: the value must be a text\n",
		"text":                              "c.yaml:1: the value must be a mapping of keys to values",
		"data_dir: d\nwhat: x":              `c.yaml:2: unknown key "what"`,
		"data_dir: d\n---\nfoo: bar":        "c.yaml:2: a second document",
		"data_dir: d\n---\nfoo: [":          "c.yaml:3: ",
		"data_dir: d\n---\ndata_dir: e":     "c.yaml:2: a second document",
		"data_dir: d\nlisten: 'h:abc'":      `c.yaml:2: listen: the port of "h:abc" is no number`,
		"data_dir: d\nlisten: 'h:65536'":    "listen: the port of ",
		"data_dir: d\nlisten: 'h:0'":        "listen: the port of ",
		"data_dir: d\nnodes: [{id: a, agent: 'h:1', controller: 'h:x'}]": "c.yaml:2: nodes[0].controller: the port of ",
		"data_dir: d\netcd:\n  endpoints: ['h:1',\n    'h']":             `c.yaml:4: etcd.endpoints[1]: "h" is no HOST:PORT`,
		"data_dir: d\netcd:\n  user: u":                                  "c.yaml:3: etcd.user: without etcd.endpoints ",
	} {
		if _, err := loadConfig(writeConfig(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		} else if strings.Contains(err.Error(), "main.") || strings.Contains(err.Error(), "unmarshal") {
			t.Errorf("%q gives the words of a library: %v", text, err)
		}
	}
}

// TestEnvironment: what the environment says goes before the file; a wrong value is not repeated in the error.
func TestEnvironment(t *testing.T) {
	file := writeConfig(t, "data_dir: d\nlisten: 127.0.0.1:1\nlog: {level: warn}\n")
	c := &Config{}
	err := c.override([]string{"STATEMANAGER_LISTEN=127.0.0.1:2", "STATEMANAGER_LOG_JSON=true", "STATEMANAGER_NODE_TIMEOUT=3s",
		"STATEMANAGER_ETCD_ENDPOINTS=h:1,h:2", "STATEMANAGER_NODES_TLS_CA=ca.pem", "STATEMANAGER_ADDRESS=of:clients", "PATH=/bin"})
	if err != nil || c.Listen != "127.0.0.1:2" || !c.Log.JSON || c.NodeTimeout != 3*time.Second || len(c.Etcd.Endpoints) != 2 || c.NodesTLS.CA != "ca.pem" {
		t.Errorf("%+v, %v", c, err)
	}
	for _, line := range []string{"STATEMANAGER_LISTN=x", "STATEMANAGER_LOG_JSON=s3cret", "STATEMANAGER_NODE_TIMEOUT=s3cret", "STATEMANAGER_NODES=x"} {
		name, _, _ := strings.Cut(line, "=")
		if err := new(Config).override([]string{line}); err == nil || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s gives %v", line, err)
		}
	}
	t.Setenv("STATEMANAGER_LOG_LEVEL", "loud")
	if _, err := loadConfig(file); err == nil || !strings.HasPrefix(err.Error(), "environment variable STATEMANAGER_LOG_LEVEL: log.level: ") {
		t.Errorf("a wrong value of the environment gives %v", err)
	}
	t.Setenv("STATEMANAGER_ETCD_ENDPOINTS", "h:1,h:y")
	t.Setenv("STATEMANAGER_LOG_LEVEL", "debug")
	if _, err := loadConfig(file); err == nil || !strings.HasPrefix(err.Error(), "environment variable STATEMANAGER_ETCD_ENDPOINTS: etcd.endpoints[1]: ") {
		t.Errorf("a wrong value in a list of the environment gives %v", err)
	}
	t.Setenv("STATEMANAGER_ETCD_ENDPOINTS", "")
	if c, err := loadConfig(file); err != nil || c.Log.Level != "debug" || c.Listen != "127.0.0.1:1" {
		t.Errorf("loaded with an environment: %+v, %v", c, err)
	}
}

// TestExampleHasEveryKey: each key of the configuration stands in the example, with a comment or within one.
func TestExampleHasEveryKey(t *testing.T) {
	text, err := os.ReadFile("../../examples/statemanager.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings(&Config{}) {
		last := s.key[strings.LastIndex(s.key, ".")+1:]
		if !strings.Contains(string(text), last+":") {
			t.Errorf("the example lacks %s", s.key)
		}
	}
}

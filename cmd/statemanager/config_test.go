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
		"":                               "data_dir: missing",
		"data_dir: d\nlisten: here":      "listen: ",
		"data_dir: d\ncell: A/B":         "cell: ",
		"data_dir: d\nnode_timeout: 1ms": "node_timeout: 1ms is below 1s",
		"data_dir: d\ncannot_tell: x":    "cannot_tell: ",
		"data_dir: d\nnodes: [{id: a, agent: 'h:1', controller: 'h:1'}, {id: a, agent: 'h:1', controller: 'h:1'}]": `nodes[1].id: "a" stands there twice`,
		"data_dir: d\nnodes: [{id: a, agent: 'h:1'}]":                                                              "nodes[0].controller: ",
		"data_dir: d\nmonitoring: {address: x}":                                                                    "monitoring.address: ",
		"data_dir: d\nwhat: x":                                                                                     `c.yaml:2: unknown key "what"`,
	} {
		if _, err := loadConfig(writeConfig(t, text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, want %q", text, err, want)
		}
	}
}

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.yaml.in/yaml/v3"
)

// Config is the daemon's configuration file. Paths in it are relative to the file.
type Config struct {
	Listen      string        `yaml:"listen"`       // HOST:PORT of the API; default 127.0.0.1:7600
	Cell        string        `yaml:"cell"`         // name of the set of nodes that this daemon manages; default "default"
	DataDir     string        `yaml:"data_dir"`     // the daemon's own files, and embedded etcd's
	NodeTimeout time.Duration `yaml:"node_timeout"` // a node not heard for so long is silent; default 10s, at least 1s
	CannotTell  string        `yaml:"cannot_tell"`  // when a controller cannot tell what became of an action: "ask" a human (default) or "resend" it
	TLS         TLSFiles      `yaml:"tls"`          // of the API's listener; ca = clients must show a certificate
	Etcd        EtcdConfig    `yaml:"etcd"`
	Nodes       []NodeConfig  `yaml:"nodes"`
	NodesTLS    TLSFiles      `yaml:"nodes_tls"` // towards agents and controllers
	Monitoring  Monitoring    `yaml:"monitoring"`
	Policy      PolicyConfig  `yaml:"policy"`
	Log         LogConfig     `yaml:"log"`
}

// EtcdConfig says which etcd keeps the state. Without endpoints etcd runs inside the daemon, below data_dir.
type EtcdConfig struct {
	Endpoints    []string `yaml:"endpoints"`     // HOST:PORT each
	User         string   `yaml:"user"`          // empty: none is given
	PasswordFile string   `yaml:"password_file"` // holds the password alone
	TLS          TLSFiles `yaml:"tls"`           // cert and key where etcd asks clients for theirs
}

// NodeConfig is a node of the cell.
type NodeConfig struct {
	ID         string `yaml:"id"`         // as its agent says
	Agent      string `yaml:"agent"`      // HOST:PORT of its NodeAgent
	Controller string `yaml:"controller"` // HOST:PORT of its ActionController; several nodes may share one
}

// Monitoring is the MonitoringServer that takes alerts.
type Monitoring struct {
	Address string   `yaml:"address"` // HOST:PORT; empty: alerts are kept and logged until one is configured
	TLS     TLSFiles `yaml:"tls"`
}

// PolicyConfig says where policy comes from.
type PolicyConfig struct {
	Directory string `yaml:"directory"` // watched: an edit that passes all gates takes effect with the next decision
	Embedded  bool   `yaml:"embedded"`  // start with the pack inside the program when the store has none and there is no directory
	// Directories or files that a site lays over the pack of the directory, or over the one inside the program, the last
	// one on top: rules are added, data is merged. Watched as well.
	Layers []string `yaml:"layers"`
}

// LogConfig says how to log, on standard error.
type LogConfig struct {
	Level string `yaml:"level"` // trace, debug, info (default), warn or error
	JSON  bool   `yaml:"json"`  // one JSON object a line, in place of text
}

// loadConfig reads a configuration strictly: an unknown key is an error with file and line. The environment goes before
// the file.
func loadConfig(file string) (*Config, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, usagef("read configuration: %w", err)
	}
	if len(raw) > maxServiceFile {
		return nil, usagef("%s: larger than %d bytes", file, maxServiceFile)
	}
	c := &Config{Listen: "127.0.0.1:7600", Cell: "default", NodeTimeout: 10 * time.Second, CannotTell: "ask", Log: LogConfig{Level: "info"}}
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, usageError{yamlError(file, err)}
	}
	if err := c.override(os.Environ()); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(file)) // paths that are shown are to be found from anywhere
	if err != nil {
		return nil, usagef("%s: %w", file, err)
	}
	c.resolve(dir)
	if err := c.validate(); err != nil {
		key, _, _ := strings.Cut(err.Error(), ":")
		return nil, usagef("%s: %w", sourceOf(file, raw, key), err)
	}
	return c, nil
}

func (c *Config) resolve(dir string) {
	for _, p := range []*string{&c.DataDir, &c.Etcd.PasswordFile, &c.Policy.Directory} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
	for i, p := range c.Policy.Layers {
		if !filepath.IsAbs(p) {
			c.Policy.Layers[i] = filepath.Join(dir, p)
		}
	}
	for _, f := range []*TLSFiles{&c.TLS, &c.Etcd.TLS, &c.NodesTLS, &c.Monitoring.TLS} {
		for _, p := range []*string{&f.CA, &f.Cert, &f.Key} {
			if *p != "" && !filepath.IsAbs(*p) {
				*p = filepath.Join(dir, *p)
			}
		}
	}
}

var cellName = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// validate holds the values. Each error begins with its key.
func (c *Config) validate() error {
	switch {
	case c.DataDir == "":
		return fmt.Errorf("data_dir: missing; give a directory for the daemon's files")
	case !cellName.MatchString(c.Cell):
		return fmt.Errorf("cell: %q is no name of lower-case letters, digits and '-'", c.Cell)
	case c.NodeTimeout < time.Second:
		return fmt.Errorf("node_timeout: %s is below 1s", c.NodeTimeout)
	case c.CannotTell != "ask" && c.CannotTell != "resend":
		return fmt.Errorf("cannot_tell: %q is neither ask nor resend", c.CannotTell)
	}
	if len(c.Policy.Layers) > 0 && c.Policy.Directory == "" && !c.Policy.Embedded {
		return fmt.Errorf("policy.layers: there is no pack below them; set policy.directory, or policy.embedded: true")
	}
	if err := checkAddress("listen", c.Listen); err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, n := range c.Nodes {
		key := fmt.Sprintf("nodes[%d]", i)
		switch {
		case !cellName.MatchString(n.ID):
			return fmt.Errorf("%s.id: %q is no name of lower-case letters, digits and '-'", key, n.ID)
		case seen[n.ID]:
			return fmt.Errorf("%s.id: %q stands there twice", key, n.ID)
		}
		seen[n.ID] = true
		if err := errors.Join(checkAddress(key+".agent", n.Agent), checkAddress(key+".controller", n.Controller)); err != nil {
			return err
		}
	}
	if hclog.LevelFromString(c.Log.Level) == hclog.NoLevel {
		return fmt.Errorf("log.level: %q is none of trace, debug, info, warn and error", c.Log.Level)
	}
	if c.Monitoring.Address != "" {
		return checkAddress("monitoring.address", c.Monitoring.Address)
	}
	return nil
}

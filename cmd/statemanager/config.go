package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
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

	source source
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
	Address string   `yaml:"address"` // HOST:PORT; empty: notices are logged as warnings, and done with
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
	if err := c.decode(file, raw); err != nil {
		return nil, usageError{err}
	}
	if err := c.override(os.Environ()); err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(file)) // paths that are shown are to be found from anywhere
	if err != nil {
		return nil, usagef("%s: %w", file, err)
	}
	c.resolve(dir)
	c.source = source{file, raw}
	if err := c.validate(); err != nil {
		return nil, c.source.place(err)
	}
	return c, nil
}

// decode reads the one document of a configuration.
func (c *Config) decode(file string, raw []byte) error {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	if err := dec.Decode(c); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return yamlError(file, err)
	}
	var second yaml.Node
	if err := dec.Decode(&second); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		return yamlError(file, err)
	}
	return fmt.Errorf("%s:%d: a second document: a configuration is one", file, second.Line)
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

// validate holds the values. Its errors are keyed.
func (c *Config) validate() error {
	switch {
	case c.DataDir == "":
		return keyed("data_dir", "missing; give a directory for the daemon's files")
	case !cellName.MatchString(c.Cell):
		return keyed("cell", "%q is no name of lower-case letters, digits and '-'", c.Cell)
	case c.NodeTimeout < time.Second:
		return keyed("node_timeout", "%s is below 1s", c.NodeTimeout)
	case c.CannotTell != "ask" && c.CannotTell != "resend":
		return keyed("cannot_tell", "%q is neither ask nor resend", c.CannotTell)
	case len(c.Policy.Layers) > 0 && c.Policy.Directory == "" && !c.Policy.Embedded:
		return keyed("policy.layers", "there is no pack below them; set policy.directory, or policy.embedded: true")
	case hclog.LevelFromString(c.Log.Level) == hclog.NoLevel:
		return keyed("log.level", "%q is none of trace, debug, info, warn and error", c.Log.Level)
	}
	for _, check := range []func() error{c.Etcd.validate, c.validateNodes} {
		if err := check(); err != nil {
			return err
		}
	}
	if c.Monitoring.Address != "" {
		if err := checkAddress("monitoring.address", c.Monitoring.Address); err != nil {
			return err
		}
	}
	return checkAddress("listen", c.Listen)
}

// validate refuses what says how to reach an etcd where none is named.
func (c *EtcdConfig) validate() error {
	idle := func(key string) error {
		return keyed(key, "without etcd.endpoints etcd runs inside the daemon, and this says nothing")
	}
	switch none := len(c.Endpoints) == 0; {
	case none && c.User != "":
		return idle("etcd.user")
	case none && c.PasswordFile != "":
		return idle("etcd.password_file")
	case none && c.TLS.set():
		return idle("etcd.tls")
	}
	for i, address := range c.Endpoints {
		if err := checkAddress(fmt.Sprintf("etcd.endpoints[%d]", i), address); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) validateNodes() error {
	seen := map[string]bool{}
	for i, n := range c.Nodes {
		key := fmt.Sprintf("nodes[%d]", i)
		switch {
		case !cellName.MatchString(n.ID):
			return keyed(key+".id", "%q is no name of lower-case letters, digits and '-'", n.ID)
		case seen[n.ID]:
			return keyed(key+".id", "%q stands there twice", n.ID)
		}
		seen[n.ID] = true
		if err := errors.Join(checkAddress(key+".agent", n.Agent), checkAddress(key+".controller", n.Controller)); err != nil {
			return err
		}
	}
	return nil
}

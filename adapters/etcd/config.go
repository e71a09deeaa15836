package etcd

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/go-hclog"

	"statemanager/engine"
)

// Config says which etcd holds the cell, and who this daemon is. Either Endpoints or Embedded is set.
type Config struct {
	Dir       string        // data directory of the daemon: its lock, its lease, the embedded etcd
	Prefix    string        // of all keys; default /piccolo/statemanager
	Cell      string        // the set of nodes that is led; default "default"
	Name      string        // what the leader key says: where others reach this daemon while it leads
	TTL       time.Duration // after which a leader that is not heard is followed by another, in whole seconds; default 5 s
	Endpoints []string      // URLs of an external etcd
	Username  string        // of an external etcd; "" = none
	Password  string
	TLS       *tls.Config // for an external etcd; nil = none
	Embedded  *Embedded   // nil = external
	Log       hclog.Logger
}

// Embedded is an etcd inside this process, with its data in the directory etcd of Config.Dir.
type Embedded struct {
	// Listen are URLs at which other components of this machine reach it: unix:// or http:// at a loopback address. With
	// none, only this process reaches it. Whoever reaches it may write every key.
	Listen []string
	Tick   time.Duration // heartbeat; an election is ten of them; default 20 ms
	Quota  int64         // bytes of its data file; default 512 MiB
}

// checked is the configuration with its defaults; an Invalid error names the field that is wrong.
func (c Config) checked() (Config, error) {
	c.Prefix = strings.TrimRight(cmp.Or(c.Prefix, "/piccolo/statemanager"), "/")
	c.Cell = cmp.Or(c.Cell, "default")
	c.TTL = cmp.Or(c.TTL, 5*time.Second)
	if c.Log == nil {
		c.Log = hclog.NewNullLogger()
	}
	switch {
	case c.Dir == "":
		return c, invalid("dir", "it is missing: say where the daemon keeps its data")
	case strings.Contains(c.Cell, "/"):
		return c, invalid("cell", c.Cell+" has a slash")
	case c.TTL < time.Second:
		return c, invalid("ttl", c.TTL.String()+" is less than a second")
	case (len(c.Endpoints) == 0) == (c.Embedded == nil):
		return c, invalid("endpoints", "set either them or embedded")
	case c.Embedded == nil:
		return c, nil
	}
	e := *c.Embedded
	e.Tick, e.Quota = cmp.Or(e.Tick, 20*time.Millisecond), cmp.Or(e.Quota, 512<<20)
	c.Embedded = &e
	_, err := e.urls()
	return c, err
}

// urls are where the embedded etcd listens.
func (e *Embedded) urls() (out []url.URL, err error) {
	for _, text := range e.Listen {
		u, err := url.Parse(text)
		if err != nil {
			return nil, invalid("embedded.listen", err.Error())
		}
		local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
		if u.Scheme != "unix" && (u.Scheme != "http" || !local) {
			return nil, invalid("embedded.listen", text+" is neither unix:// nor http:// at a loopback address")
		}
		out = append(out, *u)
	}
	return out, nil
}

// root is the prefix of the cell's keys.
func (c *Config) root() string { return c.Prefix + "/" + c.Cell + "/" }

// where names the etcd in errors.
func (c *Config) where() string {
	if c.Embedded != nil {
		return "embedded in " + filepath.Join(c.Dir, "etcd")
	}
	return strings.Join(c.Endpoints, ", ")
}

func invalid(field, text string) error {
	return &engine.Error{Kind: engine.Invalid, Text: "etcd." + field + ": " + text}
}

package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// wanted is a service as it is applied; the fields are those of its file.
type wanted struct {
	name, node string
	version    string
	replicas   int
	config     string // KEY: VALUE; empty: none
	needs      string // the service that it depends on; empty: none
	workload   string // lines of YAML
}

// text is the service's file.
func (w wanted) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "kind: service\nname: %s\nspec:\n  node: %s\n  version: %q\n  replicas: %d\n", w.name, w.node, w.version, max(1, w.replicas))
	if w.config != "" {
		fmt.Fprintf(&b, "  config: {%s}\n", w.config)
	}
	if w.needs != "" {
		fmt.Fprintf(&b, "  dependencies: [{namespace: %s, name: %s}]\n", namespace, w.needs)
	}
	return b.String() + "  start_period: 5s\n  workload:\n" + w.workload
}

// A service's processes run in services/NAMESPACE.NAME/work/REPLICA of their node: ../.. is what a new working directory
// leaves alone, ../../../.. is the node's.
const (
	// steady runs until it is stopped.
	steady = `    command: ["/bin/sh", "-c", "while :; do sleep 1; done"]
`
	// broken runs for three seconds when it is created, and crashes at once at every start after; until its cause is mended,
	// which is a file in its directory.
	broken = `    command: ["/bin/sh", "-c", "[ -e ../../mended ] && exec sleep 1000; [ -e ../../started ] && { sleep 0.3; exit 3; }; touch ../../started; sleep 3; exit 3"]
`
	// reloads takes a new configuration while it runs.
	reloads = `    reload: HUP
    command: ["/bin/sh", "-c", "trap 'cat config.json' HUP; while :; do sleep 0.2; done"]
`
	// second crashes at its start in version 2.
	second = `    command: ["/bin/sh", "-c", "[ $SM_VERSION = 2 ] && exit 3; exec sleep 1000"]
`
	// picky ends with 78, which is EX_CONFIG, when it is told to.
	picky = `    command: ["/bin/sh", "-c", "[ $CONFIG_MODE = poison ] && exit 78; exec sleep 1000"]
`
	// fragile does not start in a working directory that is damaged.
	fragile = `    command: ["/bin/sh", "-c", "[ -e damaged ] && exit 4; exec sleep 1000"]
`
	// bound runs where a device is.
	bound = `    command: ["/bin/sh", "-c", "[ -e ../../../../device ] || exit 5; exec sleep 1000"]
`
	// database does not come up once when it finds a file, and then says which process it is.
	database = `    ready_after: 1s
    command: ["/bin/sh", "-c", "rm once 2>/dev/null && exit 6; echo $$ >../../../../database; exec sleep 1000"]
`
	// dependent ends when the database does.
	dependent = `    command: ["/bin/sh", "-c", "while kill -0 $(cat ../../../../database); do sleep 0.1; done; exit 7"]
`
)

// world are the services that run before something happens to them.
var world = map[string]wanted{
	"web":   {name: "web", node: "node-a", version: "1", workload: steady},
	"api":   {name: "api", node: "node-b", version: "1", workload: steady},
	"gone":  {name: "gone", node: "node-a", version: "1", workload: steady},
	"shop":  {name: "shop", node: "node-b", version: "1", config: "level: info", workload: reloads},
	"fresh": {name: "fresh", node: "node-b", version: "1", workload: second},
	"picky": {name: "picky", node: "node-b", version: "1", config: "mode: careful", workload: picky},
	"hurt":  {name: "hurt", node: "node-b", version: "1", workload: fragile},
	"radio": {name: "radio", node: "node-a", version: "1", workload: bound},
	"db":    {name: "db", node: "node-a", version: "1", workload: database},
	"app":   {name: "app", node: "node-a", version: "1", needs: "db", workload: dependent},
}

// device is what the service radio needs of its node.
func (s *stage) device(node string) string { return filepath.Join(s.dir, node, "device") }

// furnish gives both nodes the device.
func (s *stage) furnish() error {
	for _, n := range nodes {
		if err := os.MkdirAll(filepath.Join(s.dir, n), 0o755); err != nil {
			return fmt.Errorf("make directory of node: %w", err)
		}
		if err := os.WriteFile(s.device(n), nil, 0o644); err != nil {
			return fmt.Errorf("make device: %w", err)
		}
	}
	return nil
}

// apply writes a service file and applies it by the command line.
func (s *scene) apply(w wanted) error {
	file := filepath.Join("services", w.name+".yaml")
	if err := os.WriteFile(filepath.Join(s.dir, file), []byte(w.text()), 0o644); err != nil {
		return fmt.Errorf("write service file: %w", err)
	}
	_, err := s.cli("apply", "-f", file)
	return err
}

// prepare has a service of the world, applied unless it is already, run before the story begins, well for so long that it is stable where the story
// needs a version and configuration that were good.
func (s *scene) prepare(name string, stable bool) error {
	s.follow(name)
	if err := s.look(); err != nil || s.status == nil { // what nobody has applied has no history either
		if err := s.apply(world[name]); err != nil {
			return err
		}
	}
	err := s.until(s.full()+" to be Running", func() bool { return s.isRunning() && (!stable || s.status.LastGoodVersion != "") })
	s.follow(name)
	return err
}

package enginetest

import (
	"fmt"
	"slices"
	"time"

	"statemanager/engine"
)

// process is an instance at a node.
type process struct {
	id              string
	state           engine.InstanceState
	version, config string // config is the part that needs a restart
	reload          string // the part that is reloadable
	exit            engine.Exit
	stopped         bool // by an action
	foreign         bool // nobody asked for it
	late            bool // not ready when its start_period has passed
}

const (
	// crashesAtOnce is how long a version or a configuration lives that is no good.
	crashesAtOnce = 10 * time.Millisecond
	badVersion    = "bad"
	badConfig     = "poison"
)

// start makes a process of a service; what is wrong with the service takes its course.
func (n *node) start(id engine.ResourceID, version, config, reload string) *process {
	n.starts++
	p := &process{id: fmt.Sprintf("%s%d", n.name, n.starts), state: engine.InstanceRunning, version: version, config: config, reload: reload}
	if d := n.w.warmup[id]; d > 0 {
		p.state = engine.InstanceStarting
		n.warmUp(id, p, d)
	}
	lives := n.w.flaky[id]
	if version == badVersion || config == badConfig {
		lives = crashesAtOnce
	}
	if lives > 0 {
		n.w.after(lives, func() { n.exit(id, p, engine.Exit{Code: 1}) })
	}
	return p
}

// warmUp makes a process ready after d; past its start_period it is reported as not ready until then.
func (n *node) warmUp(id engine.ResourceID, p *process, d time.Duration) {
	if u, ok := n.specs[id]; ok && u.Spec.StartPeriod < d {
		n.w.after(u.Spec.StartPeriod, func() {
			if p.state == engine.InstanceStarting {
				p.late = true
				n.changed(id)
			}
		})
	}
	n.w.after(d, func() {
		if p.state == engine.InstanceStarting {
			p.state, p.late = engine.InstanceRunning, false
			n.changed(id)
		}
	})
}

// exit ends a process by itself.
func (n *node) exit(id engine.ResourceID, p *process, how engine.Exit) {
	if p.state == engine.InstanceExited || !slices.Contains(n.processes[id], p) {
		return
	}
	p.state, p.exit = engine.InstanceExited, how
	n.w.check.exited(id, n.name, p.id)
	n.changed(id)
}

// halt ends a process by an action; it stays, as an exited one.
func (p *process) halt() {
	if p.state != engine.InstanceExited {
		p.state, p.stopped = engine.InstanceExited, true
	}
}

// do carries out an action.
func (n *node) do(a *engine.Action) {
	id, ps := a.Service, n.processes[a.Service]
	fresh := func() *process { return n.start(id, a.Spec.Version, a.Spec.Config["c"], a.Spec.Config["r"]) }
	switch a.Kind {
	case engine.Remove:
		ps = nil
	case engine.Stop, engine.Isolate:
		for _, p := range ps {
			p.halt()
		}
	case engine.Restart:
		for i, p := range ps {
			if slices.Contains(a.Instances, p.id) {
				ps[i] = n.start(id, p.version, p.config, p.reload)
			}
		}
	case engine.Recreate, engine.Rollback, engine.ResetConfig:
		for i, p := range ps {
			if slices.Contains(a.Instances, p.id) {
				ps[i] = fresh()
			}
		}
	case engine.Start:
		for i, p := range ps {
			if p.stopped {
				ps[i] = fresh()
			}
		}
	case engine.Create, engine.Relocate, engine.Scale:
		want := int(a.Spec.Instances())
		ps = ps[:min(len(ps), want)]
		for len(ps) < want {
			ps = append(ps, fresh())
		}
	case engine.Update:
		for i, p := range ps {
			if p.version != a.Spec.Version {
				ps[i] = fresh()
			}
		}
	case "reboot-ecu": // a site's own
		for i := range ps {
			ps[i] = fresh()
		}
	case engine.Configure:
		for _, p := range ps {
			p.reload = a.Spec.Config["r"]
		}
	}
	n.processes[id] = ps
	n.changed(id)
}

package enginetest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"statemanager/engine"
)

// apply stores a desired spec: the one there is, or a first one, with fields changed.
func (w *World) apply(args []string) error {
	id := service(args[0])
	s := engine.Spec{Node: "a", Replicas: 1, Version: "v1", Config: map[string]string{"c": "c1"}, State: engine.Running}
	if b, ok := w.store.desired[id]; ok {
		s = decode[engine.Desired](b).Spec
	}
	for _, arg := range args[1:] {
		if err := setField(&s, arg); err != nil {
			return err
		}
	}
	d := w.store.put(id, s)
	w.tell(engine.DesiredChanged{Service: id, Desired: &d})
	return nil
}

func setField(s *engine.Spec, arg string) (err error) {
	switch k, v, _ := strings.Cut(arg, "="); k {
	case "version":
		s.Version = v
	case "config":
		s.Config["c"] = v
	case "reload":
		s.Config["r"] = v
	case "replicas":
		s.Replicas, err = number(v)
	case "node":
		s.Node = v
	case "needs":
		if s.Dependencies = nil; v != "" {
			s.Dependencies = []engine.ResourceID{service(v)}
		}
	case "state":
		s.State = engine.Phase(v)
	case "criticality":
		s.Criticality = v
	case "start_period":
		s.StartPeriod, err = time.ParseDuration(v)
	default:
		err = fmt.Errorf("a spec has no field %q here", k)
	}
	return err
}

// crash ends an instance by itself, with an exit code (1) or by a signal.
func (w *World) crash(args []string) error {
	id, n, err := w.where(args[0])
	if err != nil {
		return err
	}
	which, how := 0, engine.Exit{Code: 1}
	if len(args) > 1 {
		if which, err = strconv.Atoi(args[1]); err != nil {
			return err
		}
	}
	if len(args) > 2 {
		if how, err = exit(args[2]); err != nil {
			return err
		}
	}
	if which < len(n.processes[id]) {
		n.exit(id, n.processes[id][which], how)
	}
	return nil
}

func exit(s string) (engine.Exit, error) {
	if sig, ok := strings.CutPrefix(s, "sig"); ok {
		n, err := number(sig)
		return engine.Exit{Signal: int32(n)}, err
	}
	n, err := number(s)
	return engine.Exit{Code: int32(n)}, err
}

// ail makes the running instances of a service hang or fail their check.
func (w *World) ail(arg string, state engine.InstanceState) error {
	id, n, err := w.where(arg)
	if err != nil {
		return err
	}
	for _, p := range n.processes[id] {
		if p.state == engine.InstanceRunning {
			p.state = state
		}
	}
	n.changed(id)
	return nil
}

// heal lets a service mend itself: what exited starts anew, what ails is well.
func (w *World) heal(args []string) error {
	id, n, err := w.where(args[0])
	if err != nil {
		return err
	}
	for i, p := range n.processes[id] {
		switch {
		case p.state == engine.InstanceExited && !p.stopped:
			fresh := n.start(id, p.version, p.config, p.reload)
			fresh.foreign = p.foreign
			n.processes[id][i] = fresh
		case p.state != engine.InstanceExited:
			p.state = engine.InstanceRunning
		}
	}
	n.changed(id)
	return nil
}

// foreign starts an instance that nobody asked for.
func (w *World) foreign(args []string) error {
	id, n, err := w.where(args[0])
	if err != nil {
		return err
	}
	version := "v1"
	if len(args) > 1 {
		version = args[1]
	}
	p := n.start(id, version, "c1", "")
	p.foreign = true
	n.processes[id] = append(n.processes[id], p)
	n.changed(id)
	return nil
}

// cut takes a node off the network; after d the daemon learns that.
func (w *World) cut(name string, d time.Duration, as engine.AgentState) {
	n := w.nodes[name]
	if n == nil || !n.up {
		return
	}
	n.up = false
	start := n.stream
	if n.fences > 0 {
		w.after(n.fences, func() { n.stopCut(start) })
	}
	w.after(d, w.alive(func(d *daemon) {
		if !n.up && n.stream == start {
			d.step(engine.AgentChanged{Node: name, State: as})
		}
	}))
}

// back brings a node to the network again; the daemon dials it.
func (w *World) back(name string) {
	n := w.nodes[name]
	if n == nil || n.up {
		return
	}
	n.up = true
	if w.daemon != nil {
		n.connect()
	}
}

// reboot starts a node anew. What ran there is gone without a word; of an action that was under way the controller cannot
// tell what became of it (rule 3.5).
func (w *World) reboot(name string) {
	n := w.nodes[name]
	if n == nil {
		return
	}
	for id, ps := range n.processes {
		for _, p := range ps {
			if p.state != engine.InstanceExited {
				w.check.exited(id, n.name, p.id)
			}
		}
	}
	clear(n.processes)
	for _, r := range n.rows {
		r.lost = r.lost || !r.done
		r.waits = nil
	}
	w.cut(name, 0, engine.AgentLost)
	w.after(usual, func() { w.back(name) })
}

// join adds a node to the cell.
func (w *World) join(name string) {
	w.nodes[name] = newNode(w, name)
	if w.daemon != nil {
		w.nodes[name].connect()
	}
}

// fences declares what a node does when it is cut off (rule 7.3).
func (w *World) fences(args []string) error {
	d, err := time.ParseDuration(args[1])
	if n := w.nodes[args[0]]; n != nil {
		n.fences = d
	}
	return err
}

// stopCut ends all that runs at a node that was cut off, unless it has been back since.
func (n *node) stopCut(cut int64) {
	if n.up || n.stream != cut {
		return
	}
	for _, id := range sortedIDs(n.processes) {
		for _, p := range n.processes[id] {
			if p.state != engine.InstanceExited {
				n.w.check.exited(id, n.name, p.id) // of which the daemon knows nothing
			}
			p.halt()
		}
	}
}

// see makes the agent of a node blind, or not.
func (w *World) see(name string, blind bool) {
	n := w.nodes[name]
	if n == nil || n.blind == blind {
		return
	}
	n.blind = blind
	ids := map[engine.ResourceID]bool{}
	for id := range n.specs {
		ids[id] = true
	}
	for id := range n.processes {
		ids[id] = true
	}
	for _, id := range n.unseen { // whoever was told that it cannot see is told what it sees
		ids[id] = true
	}
	n.unseen = nil
	for _, id := range sortedIDs(ids) {
		n.changed(id)
	}
}

// sight makes the agent of a node see it, or not: as a whole.
func (w *World) sight(name string, sees bool) {
	if n := w.nodes[name]; n != nil && n.unsighted == sees {
		n.unsighted = !sees
		n.fullSet()
	}
}

// edit activates a pack with other tables.
func (w *World) edit(args []string) error {
	t := w.policy.copied()
	for _, arg := range args {
		if err := t.set(arg); err != nil {
			return err
		}
	}
	w.tell(engine.PackActivated{Pack: w.policy.edit(t)})
	return nil
}

func (t *tables) set(arg string) (err error) {
	k, v, _ := strings.Cut(arg, "=")
	issue, isStrategy := strings.CutPrefix(k, "strategy.")
	scope, isBudget := strings.CutPrefix(k, "budget.")
	list := kinds(strings.FieldsFunc(v, func(r rune) bool { return r == ',' }))
	switch {
	case isStrategy:
		t.strategies[issue] = list
	case isBudget:
		limit, window, _ := strings.Cut(v, ",")
		var b engine.Budget
		if b.Limit, err = strconv.Atoi(limit); err == nil {
			b.Window, err = time.ParseDuration(window)
		}
		t.budgets[scope] = b
	case k == "backoff":
		t.backoff = nil
		for _, x := range strings.Split(v, ",") {
			d, bad := time.ParseDuration(x)
			if bad != nil {
				return bad
			}
			t.backoff = append(t.backoff, d)
		}
	case k == "stable_after":
		t.stable, err = time.ParseDuration(v)
	case k == "stable_for":
		t.stableFor, err = time.ParseDuration(v)
	case k == "never":
		clear(t.stays)
		for _, a := range list {
			t.stays[a] = true
		}
	case k == "defer": // while the site's mode is driving
		clear(t.deferred)
		for _, a := range list {
			t.deferred[a] = "driving"
		}
	case k == "outage":
		_, err = fmt.Sscanf(v, "%d,%d%%", &t.outage[0], &t.outage[1])
	case k == "parks":
		t.parks = v == "on"
	default:
		err = fmt.Errorf("the pack has no such data: %q", k)
	}
	return err
}

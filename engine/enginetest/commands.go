package enginetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"statemanager/engine"
)

// Run carries out one command of a story, and what follows from it in the same instant.
//
//	start | kill | kill saved         the daemon; at once, or when the next save is durable, before anything is sent for it
//	advance 5m                        the clock
//	apply web version=v2 ...          fields: version, config, reload, replicas, node, needs, state, criticality, start_period
//	delete web
//	retry web [overrides]
//	resolve web 6 succeeded           what became of its action #6 (flying: of the one in flight): or failed, never_ran
//	pause | resume                    reconciliation
//	node c                            another node joins, which the configuration names at the next start
//	fences a 30s                      its agent stops its services when it has not heard the daemon for so long
//	crash web@a [0 [CODE|sigN]]       the first, or that, instance exits by itself; also: finish, hang, ail
//	heal web@a                        the instances that are not well recover by themselves
//	foreign web@a [v1]                an instance that nobody asked for
//	script web fail lost ...          what controllers do with its next actions: see Behaviours
//	flaky web 10ms | off              its new instances crash after so long
//	warmup web 8s | off               its new instances are ready after so long
//	lost a | silent a | back a        its stream ends | nothing is heard of the node | it can be reached again
//	reboot a                          it starts anew: nothing runs there, not even as exited, and nobody knows what became of what was under way
//	mumble a | mumble a off           its agent reports again and again, and never says SYNCED on the streams to come | it does
//	late web@a 4 [a1]                 the news arrives that the agent held revision 4, and saw nothing, or an instance
//	known                             the services that the engine knows
//	blind a | sees a                  its agent
//	hold | release | fail             saves: none gets durable | they do | the store refuses them, they are made again
//	monitor up | down
//	failsafe recovery.decision        the next question of it times out
//	site mode=driving
//	pack backoff=1s ...               edits the pack: backoff, stable_after, stable_for, strategy.ISSUE, budget.SCOPE=LIMIT,WINDOW, never, defer, parks, outage
//	explain web                       what comes next, and what holds it up
//	status | ledger | accepted        what is stored | what the controllers did | the notices that the monitor took
func (w *World) Run(line string) error {
	f := strings.Fields(line)
	c, ok := commands[f[0]]
	if !ok {
		return fmt.Errorf("run command %q: there is none of that name", f[0])
	}
	if len(f)-1 < c.args {
		return fmt.Errorf("run command %q: it takes %d arguments", line, c.args)
	}
	if err := c.run(w, f[1:]); err != nil {
		return fmt.Errorf("run command %q: %w", line, err)
	}
	w.Advance(0)
	return nil
}

type command struct {
	args int
	run  func(w *World, args []string) error
}

// does is a command that cannot fail.
func does(args int, f func(w *World, args []string)) command {
	return command{args, func(w *World, args []string) error { f(w, args); return nil }}
}

var commands map[string]command

func init() { // a table that refers to itself through Run
	commands = map[string]command{
		"start":    does(0, func(w *World, _ []string) { w.start() }),
		"kill":     does(0, func(w *World, args []string) { w.killed(args) }),
		"advance":  {1, (*World).advance},
		"apply":    {1, (*World).apply},
		"delete":   does(1, (*World).delete),
		"retry":    does(1, (*World).retry),
		"resolve":  {3, (*World).resolve},
		"pause":    does(0, func(w *World, _ []string) { w.verb(engine.Command{Verb: engine.VerbPause}) }),
		"resume":   does(0, func(w *World, _ []string) { w.verb(engine.Command{Verb: engine.VerbResume}) }),
		"node":     does(1, func(w *World, args []string) { w.join(args[0]) }),
		"fences":   {2, (*World).fences},
		"crash":    {1, (*World).crash},
		"finish":   {1, func(w *World, args []string) error { return w.crash(append(args, "0", "0")) }},
		"hang":     {1, func(w *World, args []string) error { return w.ail(args[0], engine.InstanceHung) }},
		"ail":      {1, func(w *World, args []string) error { return w.ail(args[0], engine.InstanceUnhealthy) }},
		"heal":     {1, (*World).heal},
		"foreign":  {1, (*World).foreign},
		"script":   {1, (*World).scripted},
		"flaky":    {2, func(w *World, args []string) error { return w.delay(w.flaky, args) }},
		"warmup":   {2, func(w *World, args []string) error { return w.delay(w.warmup, args) }},
		"lost":     does(1, func(w *World, args []string) { w.cut(args[0], 0, engine.AgentLost) }),
		"silent":   does(1, func(w *World, args []string) { w.cut(args[0], nodeTimeout, engine.AgentSilent) }),
		"back":     does(1, func(w *World, args []string) { w.back(args[0]) }),
		"reboot":   does(1, func(w *World, args []string) { w.reboot(args[0]) }),
		"mumble":   does(1, func(w *World, args []string) { w.nodes[args[0]].mumbles = len(args) == 1 }),
		"late":     {2, (*World).late},
		"blind":    does(1, func(w *World, args []string) { w.see(args[0], true) }),
		"sees":     does(1, func(w *World, args []string) { w.see(args[0], false) }),
		"nosight":  does(1, func(w *World, args []string) { w.sight(args[0], false) }),
		"sight":    does(1, func(w *World, args []string) { w.sight(args[0], true) }),
		"hold":     does(0, func(w *World, _ []string) { w.held = true }),
		"release":  does(0, func(w *World, _ []string) { w.free(false) }),
		"fail":     does(0, func(w *World, _ []string) { w.free(true) }),
		"monitor":  does(1, func(w *World, args []string) { w.monitor = args[0] == "up" }),
		"failsafe": does(1, func(w *World, args []string) { w.policy.failSafe = append(w.policy.failSafe, args[0]) }),
		"site":     {1, (*World).setSite},
		"pack":     {0, (*World).edit},
		"status":   does(0, (*World).status),
		"explain":  does(1, func(w *World, args []string) { w.explain(service(args[0])) }),
		"known":    does(0, func(w *World, _ []string) { w.list(w.known()) }),
		"ledger":   does(0, func(w *World, _ []string) { w.list(w.ledger) }),
		"accepted": does(0, func(w *World, _ []string) { w.list(w.accepted) }),
	}
}

func service(name string) engine.ResourceID { return engine.Service("d", name) }

// at is the service and the node of an argument like web@a.
func (w *World) where(arg string) (engine.ResourceID, *node, error) {
	name, at, _ := strings.Cut(arg, "@")
	n := w.nodes[at]
	if n == nil {
		return engine.ResourceID{}, nil, fmt.Errorf("%q names no node", arg)
	}
	return service(name), n, nil
}

func (w *World) advance(args []string) error {
	d, err := time.ParseDuration(args[0])
	if err == nil {
		w.Advance(d)
	}
	return err
}

func (w *World) tell(ev engine.Event) {
	if w.daemon != nil {
		w.daemon.step(ev)
	}
}

func (w *World) killed(args []string) {
	if len(args) > 0 {
		w.doomed = true
	} else {
		w.kill()
	}
}

func (w *World) delete(args []string) {
	id := service(args[0])
	w.store.revision++
	delete(w.store.desired, id)
	w.tell(engine.DesiredChanged{Service: id})
}

func (w *World) retry(args []string) {
	w.commands++
	w.tell(engine.Command{ID: w.commands, Service: service(args[0]), Verb: engine.VerbRetry, Overrides: slices.Contains(args, "overrides")})
}

// verb gives a command to the daemon.
func (w *World) verb(c engine.Command) {
	w.commands++
	c.ID = w.commands
	w.tell(c)
}

func (w *World) resolve(args []string) error {
	k, err := w.keyOf(service(args[0]), args[1])
	w.check.resolved[k] = true
	w.verb(engine.Command{Service: service(args[0]), Verb: engine.VerbResolve, As: engine.Result(args[2]), Key: k})
	return err
}

func (w *World) keyOf(id engine.ResourceID, which string) (engine.EpochSeq, error) {
	if r := w.store.record(id); which == "flying" && r != nil && len(r.Slots) > 0 {
		return r.Slots[0].EpochSeq, nil
	} else if which == "flying" {
		return engine.EpochSeq{}, nil
	}
	n, err := number(which)
	return engine.EpochSeq{Epoch: w.store.created, Seq: int64(n)}, err
}

func (w *World) scripted(args []string) error {
	for _, how := range args[1:] {
		if !slices.Contains(Behaviours, how) {
			return fmt.Errorf("%q is no behaviour", how)
		}
	}
	w.script[service(args[0])] = args[1:]
	return nil
}

func (w *World) delay(of map[engine.ResourceID]time.Duration, args []string) error {
	delete(of, service(args[0]))
	if args[1] == "off" {
		return nil
	}
	d, err := time.ParseDuration(args[1])
	of[service(args[0])] = d
	return err
}

// free lets saves get durable again; refused first, if they fail.
func (w *World) free(fails bool) {
	w.held = false
	if d := w.daemon; d != nil {
		if fails {
			d.fail()
		} else {
			d.release()
		}
		d.flush()
	}
}

func (w *World) setSite(args []string) error {
	k, v, _ := strings.Cut(args[0], "=")
	if k != "mode" {
		return fmt.Errorf("the pack declares no site fact %q", k)
	}
	w.policy.site = map[string]string{k: v}
	w.tell(engine.FactsChanged{Site: w.policy.site})
	return nil
}

func (w *World) status(_ []string) {
	for _, id := range sortedIDs(w.store.records) {
		w.printf("%s", statusText(w.store.record(id)))
	}
	if len(w.store.records) == 0 {
		w.printf("nothing")
	}
}

func (w *World) explain(id engine.ResourceID) {
	if w.daemon == nil {
		return
	}
	v, ok := w.daemon.engine.View(id, w.now)
	if !ok {
		w.printf("unknown")
		return
	}
	text := v.Coming.Text
	if v.Coming.At != 0 {
		text += " at " + short(v.Coming.At.Sub(began))
	}
	for _, r := range v.Coming.Reasons {
		text += "; " + r.Code
	}
	w.printf("next: %s", text)
	for _, h := range v.Holds {
		w.printf("held: %s", h)
	}
}

func (w *World) list(lines []string) {
	for _, l := range lines {
		w.printf("%s", l)
	}
	if len(lines) == 0 {
		w.printf("nothing")
	}
}

func number(s string) (uint32, error) {
	n, err := strconv.ParseUint(s, 10, 32)
	return uint32(n), err
}

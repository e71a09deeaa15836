package enginetest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"statemanager/engine"
)

var (
	stories = flag.Uint64("stories", 25, "how many random stories of each kind are told")
	first   = flag.Uint64("seed", 0, "the seed of the first story; with -stories=1 -v the story is printed")
)

// story is a random story: commands drawn from a seed, until the world is calm.
type story struct {
	w    *World
	r    *rand.Rand
	sane bool // the pack; else it answers anything
}

// TestSane: a pack that makes sense, in a world that does not.
func TestSane(t *testing.T) { tellAll(t, true) }

// TestWild: a policy that answers anything, legal or not, fail-safe answers included.
func TestWild(t *testing.T) { tellAll(t, false) }

func tellAll(t *testing.T, sane bool) {
	wrong, example := map[string]int{}, map[string]uint64{}
	for seed := *first; seed < *first+*stories; seed++ {
		s := tell(seed, sane)
		if *stories == 1 {
			t.Log(s.w.Transcript())
		}
		for _, f := range s.w.Faults {
			if _, ok := example[f]; !ok {
				example[f] = seed
			}
			wrong[f]++
		}
	}
	shown := 0
	for f, n := range wrong {
		if shown++; shown <= 20 {
			t.Errorf("%dx %s (-seed=%d -stories=1)", n, f, example[f])
		}
	}
}

// tell tells the story of a seed.
func tell(seed uint64, sane bool) *story {
	s := &story{w: New(), r: rand.New(rand.NewPCG(seed, 1)), sane: sane}
	w := s.w
	w.random = rand.New(rand.NewPCG(seed, 2))
	w.Restarts.Every = seed%5 == 0
	if !sane {
		w.decider = &wild{r: rand.New(rand.NewPCG(seed, 3)), memo: map[engine.Question]engine.Decision{}}
	}
	s.run("start")
	for range 25 {
		if w.daemon == nil && s.r.IntN(3) > 0 {
			s.run("start")
		}
		s.run(s.trouble())
		s.run("advance " + pick(s.r, "0s", "300ms", "1s", "3s", "7s", "40s", "5m", "30m"))
	}
	s.calm()
	return s
}

func pick[T any](r *rand.Rand, xs ...T) T { return xs[r.IntN(len(xs))] }

func (s *story) run(line string) {
	fmt.Fprintf(&s.w.out, "> %s\n", line)
	if err := s.w.Run(line); err != nil {
		s.w.fault("%v", err)
	}
}

// trouble is a command that may be given at any time.
func (s *story) trouble() string {
	r := s.r
	web, node := pick(r, "web", "db"), pick(r, "a", "b")
	place := web + "@" + node
	return pick(r, []string{
		s.applied(web, node), s.applied(web, node),
		"apply " + web + " state=" + pick(r, "Running", "Pending") + " start_period=" + pick(r, "0s", "5s"),
		"apply " + web,
		"apply " + web + " node=" + node,
		"apply web needs=" + pick(r, "db", "db", "nothing"),
		"delete " + web,
		"pause", "resume", "resume",
		s.resolved(web),
		"fences " + node + " " + pick(r, "20s", "0s"),
		"retry " + web + pick(r, "", " overrides"),
		"crash " + place + " " + pick(r, "0", "1") + " " + pick(r, "1", "78", "sig9"),
		"crash " + place,
		"finish " + place,
		"hang " + place,
		"ail " + place,
		"heal " + place,
		"foreign " + place + " " + pick(r, "v1", "v2"),
		"script " + web + " " + pick(r, Behaviours...) + " " + pick(r, Behaviours...) + " " + pick(r, Behaviours...),
		"flaky " + web + " " + pick(r, "10ms", "15s", "3m", "off", "off"),
		"warmup " + web + " " + pick(r, "3s", "20s", "off"),
		"reboot " + node,
		"lost " + node, "silent " + node, "back " + node, "back " + node,
		"blind " + node, "sees " + node,
		"hold", "release", "fail", "release",
		"kill",
		"monitor " + pick(r, "up", "down"),
		"failsafe " + pick(r, "planning.plan", "transition.decision", "recovery.decision", "stability.issues", "dispatch.verdict"),
		"site mode=" + pick(r, "driving", "parked"),
		"pack " + pick(r, "backoff=1s", "backoff=5s,30s", "stable_after=1m", "stable_for=3s", "never=restart", "defer=restart,recreate", "never=",
			"strategy.other=isolate", "strategy.other=restart,recreate", "strategy.other=rollback,restart,isolate", "strategy.other=reset_config,rollback", "strategy.other=relocate,restart,relocate,isolate",
			"strategy.other=reboot-ecu,rollback,relocate", "strategy.node_silent=relocate", "strategy.other=notify,restart,replan,isolate"),
	}...)
}

// applied is a spec of any kind, or a change of one.
func (s *story) applied(name, node string) string {
	r := s.r
	if _, ok := s.w.store.desired[service(name)]; ok && r.IntN(2) == 0 {
		return "apply " + name + " " + pick(r, "version=", "version=", "config=c") + pick(r, "1", "2", "3") + pick(r, "", " replicas=2", " reload=r1")
	}
	return "apply " + name + " version=" + pick(r, "v1", "v2", "bad") + " config=" + pick(r, "c1", "c2", "poison") +
		" replicas=" + pick(r, "1", "2", "3") + " node=" + node
}

// resolved is what a human says who has looked at the node: the truth of an action that has ended there.
func (s *story) resolved(name string) string {
	if r := s.w.store.record(service(name)); r != nil {
		for _, a := range r.Slots {
			switch row := s.w.nodes[a.Node].rows[a.ActionRef]; {
			case row != nil && row.lost:
				return fmt.Sprintf("resolve %s %d failed", name, a.Seq)
			case row != nil && row.done && row.result != engine.NeverRan:
				return fmt.Sprintf("resolve %s %d %s", name, a.Seq, pick(s.r, engine.Succeeded, engine.Failed))
			}
		}
	}
	return "resolve " + name + " 1 failed"
}

// calm mends all that is wrong with the world, and looks whether what is wanted comes true (liveness).
func (s *story) calm() {
	w := s.w
	w.decider, w.Restarts = w.policy, Restarts{}
	w.policy.failSafe = nil
	clear(w.script)
	clear(w.flaky)
	clear(w.warmup)
	for _, line := range []string{"release", "monitor up", "sees a", "sees b", "back a", "back b", "site mode=parked"} {
		s.run(line)
	}
	if w.daemon == nil {
		s.run("start")
	}
	s.run("resume")
	s.run("pack backoff=1s,10s stable_after=5m stable_for=10s never= defer= strategy.other=restart,restart,rollback,reset_config,recreate,relocate,isolate strategy.node_silent=")
	for range 4 { // somebody looks after what no controller can tell
		s.run("advance 10m")
		s.run(s.resolved("web"))
		s.run(s.resolved("db"))
	}
	before := len(w.ledger)
	s.run("advance 6h") // longer than anything waits
	s.atRest("")
	if n := len(w.ledger) - before; n > 60 {
		w.fault("%s actions in a calm world", many(n))
	}
	s.run("delete web")
	s.run("delete db")
	s.run("advance 1h")
	s.atRest("deleted: ")
	s.run("apply web version=v9 config=c9 state=Running needs=")
	s.run("apply db version=v9 config=c9 state=Running")
	s.run("advance 3h")
	s.atRest("afresh: ")
	for _, name := range []string{"web", "db"} {
		if r := w.store.record(service(name)); r == nil || r.Phase != engine.Running || r.Ladder != nil || r.LastGood == nil || r.LastGood.Version != "v9" {
			w.fault("afresh: a service is not well and stable in the end")
		}
	}
	if n := len(w.ledger); n > 600 {
		w.fault("%s actions in all", many(n))
	}
}

func many(n int) string { return fmt.Sprintf("more than %d", n/100*100) }

// atRest: each service is as wanted, or closed with a notice that was taken; nothing is owed.
func (s *story) atRest(when string) {
	w := s.w
	for _, name := range []string{"web", "db"} {
		id := service(name)
		_, wanted := w.store.desired[id]
		r := w.store.record(id)
		switch {
		case !wanted && r == nil:
			continue
		case !wanted:
			w.fault("%sa deleted service is not gone", when)
			continue
		case r == nil:
			w.fault("%sa wanted service has no record", when)
			continue
		}
		d := w.nodes[r.Spec.Node].observe(id)
		closed := r.Ladder != nil && r.Ladder.State == engine.LadderClosed
		switch {
		case len(r.Outbox) > 0:
			w.fault("%sthe outbox is not empty though the monitor is up", when)
		case len(r.Slots) > 0:
			w.fault("%san action is in flight for ever", when)
		case closed && r.Phase == engine.PhaseFailed:
			if !strings.Contains(strings.Join(w.accepted, "\n"), name+" ") {
				w.fault("%sclosed, and nobody was told (rule 5.2)", when)
			}
		case closed:
			w.fault("%sclosed, and in phase %s", when, r.Phase)
		case s.waits(r):
		case d.Parts().Any():
			w.fault("%snot as wanted, and nothing is done: %s, ladder %v", when, r.Phase, r.Ladder != nil)
		case r.Spec.Instances() > 0 && r.Phase != engine.Running:
			w.fault("%swell, and in phase %s", when, r.Phase)
		case r.Spec.Instances() > 0 && (r.Ladder != nil || !r.LastGood.Equal(r.Spec.Pair())):
			w.fault("%swell for hours, and not stable", when)
		}
		for node, n := range w.nodes {
			if node != r.Spec.Node && len(n.processes[id]) > 0 {
				w.fault("%sit runs elsewhere too", when)
			}
		}
	}
}

// waits: a dependency that is not available holds a service up, by policy.
func (s *story) waits(r *engine.Record) bool {
	for _, d := range r.Spec.Dependencies {
		available := false
		for _, n := range s.w.nodes {
			for _, p := range n.processes[d] {
				available = available || p.state == engine.InstanceRunning
			}
		}
		if _, wanted := s.w.store.desired[d]; !available || !wanted {
			return true
		}
	}
	return false
}

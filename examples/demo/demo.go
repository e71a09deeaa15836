// Package demo shows the main job of the State Manager from outside, with what any operator has: the command line, the
// gRPC API, signals and files. It starts a daemon on embedded etcd, two example nodes and an example MonitoringServer, all
// processes of the one binary, breaks services on purpose, and holds what is done about it against what should be done.
//
// The goroutine that calls Run starts the processes, which die with its thread. Scenarios that do not touch each other are
// played at the same time, a goroutine each; what they show is shown one after the other.
package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// runWithin is the bound of a run that is told none: the demo ends by itself within two minutes.
const runWithin = 110 * time.Second

// Options are what a run may be told.
type Options struct {
	Out    io.Writer // takes what is shown
	Exe    string    // the binary; empty: the running one
	Report string    // file for one JSON object a scenario; empty: none
	Keep   bool      // stay up at the end until ctx ends
	Dir    string    // for everything; empty: a temporary one, which is removed at the end
	Only   []string  // names of scenarios; none: all

	Within time.Duration // for all scenarios together, each has half of it at most; 0: 110 s
}

// scenario is one story: what is done, what must happen, and what is shown of it.
type scenario struct {
	name, title string
	run         func(*scene) error
	meanwhile   bool // it is played at the same time as the one before
}

var scenarios = []scenario{
	{"apply", "services that nobody runs yet are applied", apply, false},
	{"kill", "a process is killed (status)", kill, false},
	{"gone", "a service is removed behind its back (existence)", gone, false},
	{"change", "replicas, version and configuration that are wanted change (scale, version, config)", change, true},
	{"rollback", "a new version crashes at its start: back to the last good pair", rollback, true},
	{"reset", "a configuration is poisoned: back to the last good one", reset, true},
	{"recreate", "a working directory is damaged: a restart does not help", recreate, true},
	{"relocate", "a service cannot run on its node any more", relocate, true},
	{"depend", "a dependency crashes: its dependent waits", depend, true},
	{"crash", "a service always crashes; later its cause is mended", crash, true},
	{"frozen", "the agent of a node is frozen for a while", frozen, false},
	{"edit", "policy is edited while the daemon runs, then broken", edit, false},
	{"slain", "the daemon is killed with -9 while an action is under way", slain, false},
}

// Names are the scenarios, in their order.
func Names() string {
	var names []string
	for _, s := range scenarios {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// ErrNoScenario says that Options.Only names a scenario that there is not.
var ErrNoScenario = errors.New("there is no such scenario")

// Run shows the scenarios. The error says which expectation did not hold, or what could not be started. When it returns
// none of its processes is left.
func Run(ctx context.Context, o Options) (err error) {
	runtime.LockOSThread() // processes that a thread has started get a signal when it ends
	defer runtime.UnlockOSThread()
	chosen, err := choose(o.Only)
	if err != nil {
		return err
	}
	if o.Report != "" { // better now than after two minutes
		if err := report(o.Report, nil); err != nil {
			return err
		}
	}
	s, err := newStage(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.strike()) }()
	if err := s.build(ctx); err != nil {
		s.failed = ctx.Err() == nil
		return err
	}
	results := s.play(ctx, chosen)
	if err := report(o.Report, results); err != nil {
		return err
	}
	err = s.summary(results, len(chosen))
	if ctx.Err() != nil {
		s.failed = false
		return errors.New("it was interrupted")
	}
	if o.Keep {
		s.keep(ctx)
	}
	return err
}

func choose(only []string) (out []scenario, err error) {
	for _, name := range only {
		if !slices.ContainsFunc(scenarios, func(s scenario) bool { return s.name == name }) {
			return nil, fmt.Errorf("%w: %q; choose of %s", ErrNoScenario, name, Names())
		}
	}
	for _, s := range scenarios {
		if len(only) == 0 || slices.Contains(only, s.name) {
			out = append(out, s)
		}
	}
	return out, nil
}

// play shows one scenario after the other; one that fails does not keep the others from being shown.
func (s *stage) play(ctx context.Context, chosen []scenario) (out []*Result) {
	ctx, cancel := context.WithTimeout(ctx, s.within)
	defer cancel()
	for len(chosen) > 0 && ctx.Err() == nil {
		n := 1
		for n < len(chosen) && chosen[n].meanwhile {
			n++
		}
		out = append(out, s.together(ctx, chosen[:n])...)
		chosen = chosen[n:]
	}
	return out
}

// together plays scenarios at the same time. The first shows what happens as it happens, each other one when those
// before it have ended.
func (s *stage) together(ctx context.Context, list []scenario) []*Result {
	s.say("%s", overlapText(list))
	results, shown := make([]*Result, len(list)), make([]bytes.Buffer, len(list))
	var others sync.WaitGroup
	for i, x := range list[1:] {
		others.Go(func() { results[i+1] = s.showing(&shown[i+1]).scene(ctx, x) })
	}
	results[0] = s.scene(ctx, list[0])
	others.Wait()
	for i := range list {
		_, _ = shown[i].WriteTo(s.out)
	}
	return results
}

// overlapText says of scenarios that are played at the same time that they are.
func overlapText(list []scenario) string {
	if len(list) == 1 {
		return ""
	}
	var names []string
	for _, x := range list {
		names = append(names, x.name)
	}
	return fmt.Sprintf("\n== %s: played at the same time, with a service each, and shown one after the other\n", strings.Join(names, ", "))
}

// showing is the same stage with another place for what it shows.
func (s *stage) showing(out io.Writer) *stage {
	other := *s
	other.out = out
	return &other
}

// scene shows one scenario.
func (s *stage) scene(ctx context.Context, x scenario) *Result {
	ctx, cancel := context.WithTimeout(ctx, s.within/2)
	defer cancel()
	s.say("\n== %s: %s\n", x.name, x.title)
	began := time.Now()
	sc := &scene{stage: s, ctx: ctx, result: &Result{Name: x.name, Began: began}}
	err := x.run(sc)
	r := sc.result
	r.Seconds, r.Passed = float64(time.Since(began).Milliseconds())/1000, err == nil
	if err != nil {
		r.Failure = err.Error()
		s.say("   FAILED after %.1f s: %v\n", r.Seconds, err)
	} else {
		s.say("   passed in %.1f s\n", r.Seconds)
	}
	return r
}

func (s *stage) summary(results []*Result, wanted int) error {
	passed := 0
	s.say("\n== summary\n")
	for _, r := range results {
		word := "FAILED"
		if r.Passed {
			word = "passed"
			passed++
		}
		s.say("   %-8s %s  %5.1f s from %s  phases %s\n", r.Name, word, r.Seconds, r.Began.Format(time.TimeOnly), strings.Join(r.Phases, " "))
	}
	if s.failed = passed < wanted; s.failed {
		return fmt.Errorf("%d of %d scenarios did not go as they should; the logs are in %s", wanted-passed, wanted, s.logs())
	}
	s.say("   all %d went as they should\n", wanted)
	if wanted < len(scenarios) {
		return nil
	}
	err := s.covered(results)
	s.failed = err != nil
	return err
}

// Result is what a scenario showed.
type Result struct {
	Name      string     `json:"name"`
	Diffs     []string   `json:"diffs"`
	Decisions []Decision `json:"decisions"`
	Actions   []Action   `json:"actions"`
	Phases    []string   `json:"phases"`
	Told      []string   `json:"told"` // what the MonitoringServer was told that the scenario waited for
	Evidence  Evidence   `json:"evidence"`
	Began     time.Time  `json:"began"` // some are played at the same time
	Seconds   float64    `json:"seconds"`
	Passed    bool       `json:"passed"`
	Failure   string     `json:"failure,omitempty"`
}

// Decision is an answer of policy.
type Decision struct {
	Entrypoint string            `json:"entrypoint"`
	Answer     map[string]string `json:"answer"`
	Reasons    []string          `json:"reasons"`
	Rules      []string          `json:"rules"`
	Revision   string            `json:"policy_revision"`
}

// Action is an action that has ended.
type Action struct {
	Kind   string `json:"kind"`
	Key    string `json:"key"`
	Node   string `json:"node"`
	Result string `json:"result"`
}

// Evidence is what the operating system says, before and after.
type Evidence struct {
	Before []Process `json:"before"`
	After  []Process `json:"after"`
}

// report writes one JSON object a scenario.
func report(file string, results []*Result) error {
	if file == "" {
		return nil
	}
	f, err := os.Create(filepath.Clean(file))
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	enc := json.NewEncoder(f)
	for _, r := range results {
		if err := enc.Encode(r.whole()); err != nil {
			f.Close()
			return fmt.Errorf("write report %s: %w", file, err)
		}
	}
	return f.Close()
}

// whole is a result whose lists are lists, also where they are empty.
func (r Result) whole() Result {
	r.Diffs, r.Decisions, r.Actions, r.Phases, r.Told = list(r.Diffs), list(r.Decisions), list(r.Actions), list(r.Phases), list(r.Told)
	r.Evidence = Evidence{list(r.Evidence.Before), list(r.Evidence.After)}
	for i, d := range r.Decisions {
		r.Decisions[i].Reasons, r.Decisions[i].Rules = list(d.Reasons), list(d.Rules)
	}
	return r
}

func list[T any](l []T) []T { return append([]T{}, l...) }

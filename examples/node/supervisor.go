package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	apiv1 "statemanager/proto/statemanager/v1"
)

// supervisor owns the processes of a node. Its lock is held for bookkeeping alone, never while a process starts or ends;
// the controller sees to it that one action at a time works on a service.
type supervisor struct {
	node    string
	dir     string
	starter *starter
	log     hclog.Logger
	changed func(serviceID) // a process of this service started, became ready or late, or exited; no lock is held

	mu       sync.Mutex
	services map[serviceID][]*instance
	boot     string // makes ids of this process unlike those of every other
	starts   int
	waits    sync.WaitGroup // one a process
}

func newSupervisor(node, dir string, log hclog.Logger, changed func(serviceID)) *supervisor {
	return &supervisor{
		node: node, dir: dir, starter: newStarter(), log: log, changed: changed,
		services: map[serviceID][]*instance{},
		boot:     strconv.FormatInt(time.Now().UnixNano(), 36),
	}
}

// instances are those of a service that have one of the ids, or all when none is named, in the order of their slots.
func (s *supervisor) instances(id serviceID, ids []string) []*instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*instance
	for _, i := range s.services[id] {
		if len(ids) == 0 || slices.Contains(ids, i.id) {
			out = append(out, i)
		}
	}
	slices.SortFunc(out, func(a, b *instance) int { return a.slot - b.slot })
	return out
}

// known are the services that have an instance here.
func (s *supervisor) known() []serviceID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.services))
}

// start makes an instance of a spec in a slot, in place of the one that is there.
func (s *supervisor) start(id serviceID, spec *apiv1.ServiceSpec, slot int) error {
	w, err := workloadOf(spec)
	if err != nil {
		return err
	}
	i := &instance{
		id: s.newID(id), slot: slot, version: spec.GetVersion(), config: digest(spec.GetConfig()),
		readyAfter: time.Duration(w.ReadyAfter), grace: w.grace(), reload: reloadSignals[w.Reload],
		done: make(chan struct{}),
	}
	if err := s.launch(i, id, spec, w); err != nil {
		return fmt.Errorf("start process of %s: %w", id, err)
	}
	if w.Health != nil {
		i.probe = &prober{check: w.Health, command: command{w.Health.Command, i.cmd.Dir, append(i.cmd.Env, "SM_CHECK=1"), s.logOf(id)}, starts: s.starter.start}
	}
	s.place(id, i)
	s.log.Info("instance started", "service", id.String(), "instance", i.id, "version", i.version)
	s.waits.Go(func() { i.wait(func() { s.ended(id, i) }) })
	s.watch(id, i, spec.GetStartPeriod().AsDuration())
	if i.probe != nil {
		s.probe(id, i)
	}
	s.changed(id)
	return nil
}

// probe checks an instance until it exits.
func (s *supervisor) probe(id serviceID, i *instance) {
	life, end := context.WithCancel(context.Background())
	i.probe.life = life
	s.waits.Go(func() { i.probe.run(i.readyAfter, func() { s.changed(id) }) })
	s.waits.Go(func() { <-i.done; end() })
}

func (s *supervisor) newID(id serviceID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.starts++
	return fmt.Sprintf("%s.%s-%s-%d", id.namespace, id.name, s.boot, s.starts)
}

func (s *supervisor) place(id serviceID, i *instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	others := slices.DeleteFunc(slices.Clone(s.services[id]), func(o *instance) bool { return o.slot == i.slot })
	s.services[id] = append(others, i)
}

func (s *supervisor) ended(id serviceID, i *instance) {
	s.log.Info("instance exited", "service", id.String(), "instance", i.id, "code", i.exit.GetCode(), "signal", i.exit.GetSignal())
	if _, err := os.Stat(s.home(id)); errors.Is(err, os.ErrNotExist) {
		s.drop(id, i) // it was removed behind our back: what has no directory any more is no crashed instance, it is none
		return
	}
	s.changed(id)
}

// watch tells when an instance becomes ready, or should have.
func (s *supervisor) watch(id serviceID, i *instance, startPeriod time.Duration) {
	late := min(startPeriod, i.readyAfter)
	if i.probe != nil {
		late = startPeriod
	}
	for _, d := range []time.Duration{i.readyAfter, late} {
		if d > 0 {
			time.AfterFunc(d, func() { s.changed(id) })
		}
	}
}

// drop forgets an instance that has exited.
func (s *supervisor) drop(id serviceID, gone *instance) {
	s.mu.Lock()
	left := slices.DeleteFunc(slices.Clone(s.services[id]), func(i *instance) bool { return i == gone })
	if s.services[id] = left; len(left) == 0 {
		delete(s.services, id)
	}
	s.mu.Unlock()
	s.changed(id)
}

// configOf are the digests of the configuration that an instance has.
func (s *supervisor) configOf(i *instance) digests {
	s.mu.Lock()
	defer s.mu.Unlock()
	return i.config
}

// freeSlot is the lowest slot without an instance.
func (s *supervisor) freeSlot(id serviceID) int {
	slot := 0
	for _, i := range s.instances(id, nil) {
		if i.slot == slot {
			slot++
		}
	}
	return slot
}

// wipe removes the working directory of a slot.
func (s *supervisor) wipe(id serviceID, slot int) error { return os.RemoveAll(s.work(id, slot)) }

// forget removes all that a service left, its log included.
func (s *supervisor) forget(id serviceID) error { return os.RemoveAll(s.home(id)) }

func (s *supervisor) home(id serviceID) string {
	return filepath.Join(s.dir, "services", id.namespace+"."+id.name)
}

func (s *supervisor) logOf(id serviceID) string { return filepath.Join(s.home(id), "log") }

func (s *supervisor) work(id serviceID, slot int) string {
	return filepath.Join(s.home(id), "work", strconv.Itoa(slot))
}

// stop ends all processes and waits until they are gone. Nothing may be started meanwhile.
func (s *supervisor) stop(ctx context.Context) {
	var halts sync.WaitGroup
	for _, id := range s.known() {
		for _, i := range s.instances(id, nil) {
			halts.Go(func() { _ = i.halt(ctx) }) // an error is that of ctx: then it was killed
		}
	}
	halts.Wait()
	s.waits.Wait()
	s.starter.stop()
}

package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	pb "statemanager/proto/statemanager/v1"
)

// namespace is that of all services of the demo.
const namespace = "default"

// scene is a scenario while it is played: it follows the history of one service and shows it as it comes.
type scene struct {
	*stage
	ctx     context.Context
	result  *Result
	service string
	from    time.Time // entries before are of another scenario
	entries []*pb.HistoryEntry
	status  *pb.ServiceStatus // nil: there is no such service
}

// follow begins to follow a service; what happened to it before is passed over.
func (s *scene) follow(service string) {
	s.service, s.entries, s.status, s.from = service, nil, nil, time.Now()
}

func (s *scene) id() *pb.ResourceId {
	return &pb.ResourceId{Kind: "service", Namespace: namespace, Name: s.service}
}

func (s *scene) full() string { return namespace + "/" + s.service }

// look asks the daemon how the service stands and what happened to it, and shows what is new.
func (s *scene) look() error {
	q, err := s.states.QueryState(s.ctx, &pb.StateQueryRequest{ResourceIds: []*pb.ResourceId{s.id()}})
	if err != nil {
		return err
	}
	if s.status = nil; len(q.Services) == 1 {
		s.status = q.Services[0].Status
	}
	h, err := s.operator.ListEvents(s.ctx, &pb.ListEventsRequest{ResourceId: s.id(), Decisions: true, Limit: 10000})
	if err != nil {
		return err
	}
	list := slices.DeleteFunc(h.Entries, func(e *pb.HistoryEntry) bool { return e.Time.AsTime().Before(s.from) })
	for _, e := range list[min(len(s.entries), len(list)):] {
		s.show(e)
	}
	s.entries = list
	return nil
}

// until waits until it is so. While the daemon is away it is asked again.
func (s *scene) until(what string, ok func() bool) error {
	var last error
	err := s.poll(s.ctx, what, func() (bool, error) {
		if last = s.look(); last != nil {
			return false, nil
		}
		return ok(), nil
	})
	if err != nil && last != nil && s.ctx.Err() == nil {
		err = errors.Join(err, last)
	}
	if err != nil && s.status != nil {
		err = fmt.Errorf("%w; %s is %s", err, s.full(), s.status.Phase)
	}
	return err
}

// running waits until the service is Running, as wanted, with nothing under way.
func (s *scene) running() error {
	return s.until(s.full()+" to be Running", s.isRunning)
}

func (s *scene) isRunning() bool {
	return s.status != nil && s.status.Phase == "Running" && s.status.Available && len(s.status.Actions) == 0
}

// ended counts actions of a kind that ended with a result.
func (s *scene) ended(kind, result string) (n int) {
	for _, e := range s.entries {
		if m := e.GetEvent().GetMetadata(); e.GetEvent().GetEventType() == "action_ended" && m["action"] == kind && m["result"] == result {
			n++
		}
	}
	return n
}

// started counts actions of a kind that were started.
func (s *scene) started(kind string) (n int) {
	for _, e := range s.entries {
		if ev := e.GetEvent(); ev.GetEventType() == "action_started" && ev.Metadata["action"] == kind {
			n++
		}
	}
	return n
}

// happened says whether there was an event of a type.
func (s *scene) happened(eventType string) bool {
	return slices.ContainsFunc(s.entries, func(e *pb.HistoryEntry) bool { return e.GetEvent().GetEventType() == eventType })
}

// decided is the newest decision of recovery for an action; nil if there is none.
func (s *scene) decided(action string) (d *pb.PolicyDecision) {
	for _, e := range s.entries {
		if x := e.GetDecision(); x.GetEntrypoint() == "recovery.decision" && x.Answer["action"] == action {
			d = x
		}
	}
	return d
}

// expect is an error that says what does not hold.
func expect(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("expected "+format, args...)
}

// before and after keep and show what the operating system says of the service.
func (s *scene) before() []Process { return s.evidence("before", &s.result.Evidence.Before) }
func (s *scene) after() []Process  { return s.evidence("after", &s.result.Evidence.After) }

func (s *scene) evidence(when string, into *[]Process) []Process {
	list := s.processes(s.full())
	for _, p := range list {
		s.say("   %-6s  %s\n", when, p)
	}
	if len(list) == 0 {
		s.say("   %-6s  no process of %s\n", when, s.full())
	}
	*into = append(*into, list...)
	return list
}

// cli runs the command line as an operator does, and shows it.
func (s *scene) cli(args ...string) (string, error) {
	cmd := exec.CommandContext(s.ctx, s.exe, args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "STATEMANAGER_ADDRESS="+s.addresses[daemonName])
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	s.say("   $ statemanager %s\n", strings.Join(args, " "))
	for line := range strings.Lines(out.String()) {
		s.say("     %s\n", strings.TrimRight(line, "\n"))
	}
	if err != nil {
		return out.String(), fmt.Errorf("statemanager %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(out.String()))
	}
	return out.String(), nil
}

// when is the time of the newest event of a type; zero if there is none.
func (s *scene) when(eventType string) (t time.Time) {
	for _, e := range s.entries {
		if e.GetEvent().GetEventType() == eventType {
			t = e.Time.AsTime()
		}
	}
	return t
}

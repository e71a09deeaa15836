package node

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "statemanager/proto/statemanager/v1"
)

// Every action is done on processes, and every start makes another id (rule 2.2).
func TestActions(t *testing.T) {
	three := specOf(t, forever, replicas(3))
	two := specOf(t, forever, replicas(2))
	for _, c := range []struct {
		name    string
		action  *apiv1.Action
		spec    *apiv1.ServiceSpec
		running int // afterwards, of two
		kept    int // ids among them that ran before
	}{
		{"restart", restart, two, 2, 0},
		{"recreate", recreate, two, 2, 0},
		{"rollback", rollback, two, 2, 0},
		{"reset_config", resetConf, two, 2, 0},
		{"isolate", isolate, specOf(t, forever, replicas(0)), 0, 0},
		{"stop", stop, two, 0, 0},
		{"remove", remove, nil, 0, 0},
		{"scale up", scale, three, 3, 2},
		{"scale down", scale, specOf(t, forever), 1, 1},
		{"create makes what is missing", create, three, 3, 2},
		{"relocate makes what is missing", relocate, three, 3, 2},
		{"update", update, specOf(t, forever, replicas(2), version("2")), 2, 0},
		{"configure", configure, specOf(t, forever, replicas(2), config("k", "v")), 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, t.TempDir())
			r.do(create, two)
			before := r.running()
			if len(before) != 2 {
				t.Fatalf("created %v", before)
			}
			r.do(c.action, c.spec)
			after := r.running()
			kept := slices.DeleteFunc(slices.Clone(after), func(id string) bool { return !slices.Contains(before, id) })
			if len(after) != c.running || len(kept) != c.kept {
				t.Errorf("before %v, after %v", before, after)
			}
		})
	}
}

// An action on named instances leaves the others alone.
func TestNamedInstances(t *testing.T) {
	r := newRig(t, t.TempDir())
	spec := specOf(t, forever, replicas(2))
	r.do(create, spec)
	before := r.running()
	r.do(restart, spec, before[0])
	if after := r.running(); len(after) != 2 || slices.Contains(after, before[0]) || !slices.Contains(after, before[1]) {
		t.Errorf("before %v, after %v", before, after)
	}
	if o := r.send(r.request(restart, spec, before[0])); o.GetResult() != apiv1.Outcome_RESULT_FAILED {
		t.Errorf("a restart of one that is gone: %v", o)
	}
}

// What was stopped stays, exited, until it is started again (rule 2.8).
func TestStopAndStart(t *testing.T) {
	r := newRig(t, t.TempDir())
	spec := specOf(t, forever)
	r.do(create, spec)
	old := r.running()
	r.do(stop, spec)
	if d := r.look(); len(d.GetInstances()) != 1 || d.GetInstances()[0].GetId() != old[0] || d.GetInstances()[0].GetExit().GetSignal() != 15 {
		t.Fatalf("stopped: %v", d)
	}
	r.do(start, spec)
	if now := r.running(); len(now) != 1 || now[0] == old[0] {
		t.Errorf("started: %v, was %v", now, old)
	}
}

// A process that does not heed SIGTERM is killed when its grace has passed.
func TestStubbornProcess(t *testing.T) {
	r := newRig(t, t.TempDir())
	spec := specOf(t, "trap '' TERM; touch deaf; "+forever, workWith("stop_grace", "50ms"))
	r.do(create, spec)
	eventually(t, "trap set", func() bool { _, err := os.Stat(r.path("work", "0", "deaf")); return err == nil })
	r.do(stop, spec)
	if d := r.look(); d.GetInstances()[0].GetExit().GetSignal() != 9 {
		t.Errorf("ended by %v", d)
	}
}

// A restart keeps the working directory, recreate does not; remove leaves nothing.
func TestWorkingDirectory(t *testing.T) {
	r := newRig(t, t.TempDir())
	spec := specOf(t, "echo $SM_INSTANCE >>starts; "+forever)
	lines := func(want int) func() bool {
		return func() bool {
			b, err := os.ReadFile(r.path("work", "0", "starts"))
			return err == nil && strings.Count(string(b), "\n") == want
		}
	}
	r.do(create, spec)
	eventually(t, "first start", lines(1))
	r.do(restart, spec)
	eventually(t, "second start, same directory", lines(2))
	r.do(recreate, spec)
	eventually(t, "third start, new directory", lines(1))
	r.do(remove, nil)
	if _, err := os.Stat(r.path()); !os.IsNotExist(err) {
		t.Errorf("left after remove: %v", err)
	}
}

// A process knows what it is an instance of, and its configuration; its output is in the log.
func TestEnvironment(t *testing.T) {
	r := newRig(t, t.TempDir())
	spec := specOf(t, `echo "$SM_SERVICE $SM_VERSION $SM_INSTANCE $CONFIG_LOG_LEVEL $(cat $SM_CONFIG_FILE)"; `+forever, config("log.level", "debug"))
	r.do(create, spec)
	want := "default/web 1 " + r.running()[0] + ` debug {"log.level":"debug"}` + "\n"
	eventually(t, "log", func() bool { b, _ := os.ReadFile(r.path("log")); return string(b) == want })
}

// A workload that names a signal takes a new configuration while it runs.
func TestReload(t *testing.T) {
	r := newRig(t, t.TempDir())
	// It waits without starting anything: a shell may lose a signal while it starts a command.
	shell := `trap 'cat config.json >seen' USR1; sleep 1000 & : >ready; wait; ` + forever
	before := specOf(t, shell, workWith("reload", "USR1"), config("k", "old"))
	r.do(create, before)
	eventually(t, "trap set", func() bool { _, err := os.Stat(r.path("work", "0", "ready")); return err == nil })
	id := r.running()
	r.do(configure, specOf(t, shell, workWith("reload", "USR1"), config("k", "new")))
	eventually(t, "reload", func() bool { b, _ := os.ReadFile(r.path("work", "0", "seen")); return string(b) == `{"k":"new"}` })
	if now := r.running(); !slices.Equal(now, id) {
		t.Errorf("was %v, is %v", id, now)
	}
}

// Outcomes other than succeeded, each with its result.
func TestOutcomes(t *testing.T) {
	r := newRig(t, t.TempDir())
	spec := specOf(t, forever)
	noCommand := specOf(t, forever)
	delete(noCommand.Workload.Fields, "command")
	slow := r.request(create, specOf(t, forever, workWith("action_delay", "1h")))
	slow.Timeout = durationpb.New(20 * time.Millisecond)
	for _, c := range []struct {
		name string
		req  *apiv1.ActionExecutionRequest
		want apiv1.Outcome_Result
	}{
		{"its timeout passes (rule 3.1)", slow, apiv1.Outcome_RESULT_TIMED_OUT},
		{"nothing to restart", r.request(restart, spec), apiv1.Outcome_RESULT_FAILED},
		{"no spec", r.request(create, nil), apiv1.Outcome_RESULT_FAILED},
		{"no command", r.request(create, noCommand), apiv1.Outcome_RESULT_FAILED},
		{"unknown field of workload", r.request(create, specOf(t, forever, workWith("image", "x"))), apiv1.Outcome_RESULT_FAILED},
		{"custom", r.request(&apiv1.Action{Action: &apiv1.Action_Custom{Custom: "defragment"}}, spec), apiv1.Outcome_RESULT_REFUSED},
		{"a custom one with the name of another", r.request(&apiv1.Action{Action: &apiv1.Action_Custom{Custom: "create"}}, spec), apiv1.Outcome_RESULT_REFUSED},
		{"not said", r.request(lifecycle(0), spec), apiv1.Outcome_RESULT_REFUSED},
	} {
		if o := r.send(c.req); o.GetResult() != c.want {
			t.Errorf("%s: %v", c.name, o)
		}
	}
	if d := r.look(); len(d.GetInstances()) != 0 {
		t.Errorf("left behind: %v", d)
	}
}

// The spec that comes with an action is acted on, whatever the agent holds; a request without one takes the agent's.
func TestSpecOfTheAction(t *testing.T) {
	r := newRig(t, t.TempDir())
	s := r.subscribe()
	r.push(s, true, 10, specOf(t, forever, version("held")))
	r.do(create, specOf(t, forever, version("given")))
	if v := r.look().GetInstances()[0].GetVersion(); v != "given" {
		t.Errorf("version %q", v)
	}
	r.do(restart, nil)
	if v := r.look().GetInstances()[0].GetVersion(); v != "held" {
		t.Errorf("version %q", v)
	}
}

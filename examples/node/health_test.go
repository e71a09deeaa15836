package node

import (
	"os"
	"testing"

	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"

	apiv1 "statemanager/proto/statemanager/v1"
)

// checked gives a workload a check.
func checked(fields map[string]any) edit {
	return func(s *apiv1.ServiceSpec) {
		v, err := structpb.NewValue(fields)
		if err != nil {
			panic(err)
		}
		s.Workload.Fields["health"] = v
	}
}

// sh is a command of a check or a custom action.
func sh(line string) []any { return []any{"/bin/sh", "-c", line} }

func (r *rig) write(name string) {
	r.Helper()
	if err := os.WriteFile(r.path("work", "0", name), nil, 0o644); err != nil {
		r.Fatal(err)
	}
}

// Rule 2.8: a check that fails is unhealthy, one that does not answer is hung, and both pass; the process stays.
func TestChecks(t *testing.T) {
	command := sh("[ -e hang ] && sleep 60; [ ! -e fail ]")
	for name, c := range map[string]struct {
		check map[string]any
		act   func(*rig)
		want  apiv1.StatusDiff_Status
		mend  func(*rig)
	}{
		"a command that fails": {map[string]any{"command": command, "every": "20ms"},
			func(r *rig) { r.write("fail") }, apiv1.StatusDiff_STATUS_UNHEALTHY,
			func(r *rig) { os.Remove(r.path("work", "0", "fail")) }},
		"a command that hangs": {map[string]any{"command": command, "every": "20ms", "timeout": "200ms"},
			func(r *rig) { r.write("hang") }, apiv1.StatusDiff_STATUS_HUNG,
			func(r *rig) { os.Remove(r.path("work", "0", "hang")) }},
		"a file that goes": {map[string]any{"file": "alive", "every": "20ms"},
			func(r *rig) { os.Remove(r.path("work", "0", "alive")) }, apiv1.StatusDiff_STATUS_UNHEALTHY,
			func(r *rig) { r.write("alive") }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, t.TempDir())
			s := r.subscribe()
			spec := specOf(t, "touch alive; "+forever, checked(c.check))
			spec.StartPeriod = durationpb.New(deadline)
			r.push(s, true, 10, spec)
			r.do(create, spec)
			well := func(d *apiv1.StateDiff) bool {
				return d.GetStatusDiff() == nil && len(d.GetInstances()) == 1 && d.GetInstances()[0].GetState() == apiv1.Instance_STATE_RUNNING
			}
			id := s.until(well).GetInstances()[0].GetId()
			c.act(r)
			s.until(func(d *apiv1.StateDiff) bool { return d.GetStatusDiff().GetStatus() == c.want })
			c.mend(r)
			if now := s.until(well).GetInstances()[0].GetId(); now != id {
				t.Errorf("was %s, is %s", id, now)
			}
		})
	}
}

// Rule 2.8: what has a check is not ready until it has passed once: that is told when start_period has passed.
func TestNotReadyUntilChecked(t *testing.T) {
	r := newRig(t, t.TempDir())
	s := r.subscribe()
	spec := specOf(t, forever, checked(map[string]any{"file": "alive", "every": "20ms"}))
	spec.StartPeriod = durationpb.New(leastHeartbeat)
	r.push(s, true, 10, spec)
	r.do(create, spec)
	s.until(func(d *apiv1.StateDiff) bool {
		return d.GetStatusDiff().GetStatus() == apiv1.StatusDiff_STATUS_NOT_READY
	})
	r.write("alive")
	s.until(func(d *apiv1.StateDiff) bool { return d.GetStatusDiff() == nil })
}

// A custom action is a program of the workload or of the node, and its exit code says how it ended (rule 4.2).
func TestCustomActions(t *testing.T) {
	r := newRig(t, t.TempDir())
	r.node.control.custom = map[string][]string{"of-node": {"/bin/sh", "-c", "echo $SM_SERVICE >of-node"}}
	spec := specOf(t, forever)
	own, err := structpb.NewValue(map[string]any{"good": sh("echo $SM_ACTION >good"), "bad": sh("exit 3")})
	if err != nil {
		t.Fatal(err)
	}
	spec.Workload.Fields["custom"] = own
	for name, want := range map[string]apiv1.Outcome_Result{
		"good": apiv1.Outcome_RESULT_SUCCEEDED, "bad": apiv1.Outcome_RESULT_FAILED,
		"of-node": apiv1.Outcome_RESULT_SUCCEEDED, "absent": apiv1.Outcome_RESULT_REFUSED,
	} {
		if o := r.send(r.request(&apiv1.Action{Action: &apiv1.Action_Custom{Custom: name}}, spec)); o.GetResult() != want {
			t.Errorf("%s: %v", name, o)
		}
	}
	if b, err := os.ReadFile(r.path("good")); string(b) != "good\n" {
		t.Errorf("good wrote %q: %v", b, err)
	}
	if b, err := os.ReadFile(r.node.config.Dir + "/of-node"); string(b) != "default/web\n" {
		t.Errorf("of-node wrote %q: %v", b, err)
	}
}

// A check that is none, or two, is refused before anything is started.
func TestBadChecks(t *testing.T) {
	for name, c := range map[string]map[string]any{
		"neither": {"every": "1s"}, "both": {"file": "a", "command": sh("true")}, "empty": {"command": []any{""}}, "negative": {"file": "a", "every": "-1s"},
	} {
		if _, err := workloadOf(specOf(t, forever, checked(c))); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// A subscription with a filter is sent what it asked for alone: names that are prefixes of each other are not the same.
func TestFilter(t *testing.T) {
	r := newRig(t, t.TempDir())
	other := serviceID{"default", "web1"}
	req := r.request(create, specOf(t, forever))
	req.Key.ResourceId = other.proto()
	r.send(req)
	s := r.subscribeTo(&apiv1.ResourceFilter{ResourceIds: []*apiv1.ResourceId{web.proto()}})
	r.push(s, true, 10, specOf(t, forever))
	if d := s.news().GetDiff(); d.GetResourceId().GetName() != "web" {
		t.Errorf("sent %v", d)
	}
	if ev := s.news(); ev.GetSynced() == nil {
		t.Errorf("then %v", ev)
	}
}

// Rule 2.5: a node says when it takes no new services any more.
func TestCordon(t *testing.T) {
	r := newRig(t, t.TempDir())
	s := r.subscribe()
	file := r.node.config.Dir + "/" + cordoned
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if info := s.news().GetInfo(); info == nil || info.GetReady() {
		t.Errorf("cordoned: %v", info)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if info := s.news().GetInfo(); !info.GetReady() {
		t.Errorf("not cordoned: %v", info)
	}
}

package node

import (
	"context"
	"os"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	apiv1 "statemanager/proto/statemanager/v1"
)

// reader reads a stream; it checks that the counter only grows.
type reader struct {
	*rig
	apiv1.NodeAgent_SubscribeStateDiffsClient
	info *apiv1.NodeInfo
	n    int64
}

func (r *rig) subscribe() *reader { return r.subscribeTo(nil) }

func (r *rig) subscribeTo(filter *apiv1.ResourceFilter) *reader {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), deadline)
	r.Cleanup(cancel)
	s, err := r.agent.SubscribeStateDiffs(ctx, &apiv1.StateDiffSubscription{Heartbeat: durationpb.New(leastHeartbeat), Filter: filter})
	if err != nil {
		r.Fatal(err)
	}
	out := &reader{rig: r, NodeAgent_SubscribeStateDiffsClient: s}
	out.info = out.next().GetInfo()
	if out.info.GetId() != "n1" || out.info.GetLabels()["zone"] != "gateway" || !out.info.GetReady() {
		r.Fatalf("the first message is not the NodeInfo: %v", out.info)
	}
	return out
}

func (s *reader) next() *apiv1.StateDiffEvent {
	s.Helper()
	ev, err := s.Recv()
	if err != nil {
		s.Fatal(err)
	}
	if c := ev.GetDiff().GetCounter(); c != nil {
		if c.GetStart() != s.info.GetStart() || c.GetN() <= s.n {
			s.Errorf("counter %v after %d of stream %d", c, s.n, s.info.GetStart())
		}
		s.n = c.GetN()
	}
	return ev
}

// news is the next message that is no heartbeat.
func (s *reader) news() *apiv1.StateDiffEvent {
	s.Helper()
	for {
		if ev := s.next(); ev.GetHeartbeat() == nil {
			return ev
		}
	}
}

// until reads on to an observation that is as wanted.
func (s *reader) until(is func(*apiv1.StateDiff) bool) *apiv1.StateDiff {
	s.Helper()
	for {
		if d := s.news().GetDiff(); d != nil && is(d) {
			return d
		}
	}
}

func (r *rig) tryPush(s *reader, whole bool, revision int64, spec *apiv1.ServiceSpec) error {
	_, err := r.agent.UpdateResourceState(r.Context(), &apiv1.UpdateResourceStateRequest{
		Whole: whole, Start: s.info.GetStart(),
		States: []*apiv1.ResourceState{{ResourceId: web.proto(), SpecRevision: revision, Spec: spec}},
	})
	return err
}

func (r *rig) push(s *reader, whole bool, revision int64, spec *apiv1.ServiceSpec) {
	r.Helper()
	if err := r.tryPush(s, whole, revision, spec); err != nil {
		r.Fatal(err)
	}
}

// Rules 2.1 and 2.5: NodeInfo, then nothing but heartbeats until the whole set was pushed; then one observation of every
// spec and of every instance without one, Synced with the highest keys (rule 3.3), and changes.
func TestStreamOrder(t *testing.T) {
	r := newRig(t, t.TempDir())
	other := serviceID{"a", "other"}
	req := r.request(create, specOf(t, forever))
	req.Key.ResourceId = other.proto()
	if o := r.send(req); o.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED {
		t.Fatal(o)
	}
	s := r.subscribe()
	if ev := s.next(); ev.GetHeartbeat() == nil {
		t.Fatalf("before the push: %v", ev)
	}
	r.push(s, true, 10, specOf(t, forever))
	if d := s.news().GetDiff(); d.GetResourceId().GetName() != "other" || d.GetSpecRevision() != 0 ||
		d.GetExistenceDiff().GetExistence() != apiv1.ExistenceDiff_EXISTENCE_SURPLUS {
		t.Errorf("the instance without a spec: %v", d)
	}
	if d := s.news().GetDiff(); d.GetResourceId().GetName() != "web" || d.GetSpecRevision() != 10 ||
		d.GetExistenceDiff().GetExistence() != apiv1.ExistenceDiff_EXISTENCE_MISSING {
		t.Errorf("the spec: %v", d)
	}
	if h := s.news().GetSynced().GetHighest(); len(h) != 1 || h[0].GetResourceId().GetName() != "other" || h[0].GetEpoch() != 1 || h[0].GetSeq() != req.Key.Seq {
		t.Errorf("synced: %v", h)
	}
	r.do(create, specOf(t, forever))
	s.until(func(d *apiv1.StateDiff) bool { return len(d.GetInstances()) == 1 && d.GetExistenceDiff() == nil })
}

// An exit is told at once, with its cause (rule 2.2).
func TestExitIsTold(t *testing.T) {
	r := newRig(t, t.TempDir())
	s := r.subscribe()
	spec := specOf(t, "exit 3")
	r.push(s, true, 10, spec)
	r.do(create, spec)
	crashed := func(d *apiv1.StateDiff) bool { return d.GetStatusDiff().GetStatus() == apiv1.StatusDiff_STATUS_CRASHED }
	if d := s.until(crashed); d.GetInstances()[0].GetExit().GetCode() != 3 {
		t.Errorf("exit 3: %v", d)
	}
	spec = specOf(t, "kill -KILL $$")
	r.do(restart, spec)
	killed := func(d *apiv1.StateDiff) bool { return crashed(d) && d.GetInstances()[0].GetExit().GetSignal() == 9 }
	s.until(killed)
}

// Rule 2.8: what was removed, its directory too, is missing; it has not crashed.
func TestRemovedBehindOurBack(t *testing.T) {
	r := newRig(t, t.TempDir())
	s := r.subscribe()
	spec := specOf(t, forever)
	r.push(s, true, 10, spec)
	r.do(create, spec)
	i := r.node.super.instances(web, nil)[0]
	if err := os.RemoveAll(r.path()); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(i.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.until(func(d *apiv1.StateDiff) bool {
		return d.GetExistenceDiff().GetExistence() == apiv1.ExistenceDiff_EXISTENCE_MISSING && len(d.GetInstances()) == 0
	})
	r.do(create, spec)
	s.until(func(d *apiv1.StateDiff) bool { return len(d.GetInstances()) == 1 && d.GetExistenceDiff() == nil })
}

// GetStateDiff looks at the process itself: it sees an exit that nobody was told of. The answer carries when it was
// asked (rule 2.7).
func TestUncached(t *testing.T) {
	r := newRig(t, t.TempDir())
	r.do(create, specOf(t, forever))
	i := r.node.super.instances(web, nil)[0]
	if err := syscall.Kill(i.cmd.Process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "exit", func() bool { return len(r.running()) == 0 })
	asked := timestamppb.New(time.Unix(5, 0))
	resp, err := r.agent.GetStateDiff(r.Context(), &apiv1.StateDiffRequest{ResourceId: web.proto(), Asked: asked})
	if err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(resp.GetAsked(), asked) || resp.GetDiff().GetInstances()[0].GetExit().GetSignal() != 9 {
		t.Errorf("killed: %v", resp)
	}
}

// An instance is ready when it has lived for ready_after; both are told.
func TestReadiness(t *testing.T) {
	r := newRig(t, t.TempDir())
	s := r.subscribe()
	spec := specOf(t, forever, workWith("ready_after", "300ms"))
	spec.StartPeriod = durationpb.New(100 * time.Millisecond)
	r.push(s, true, 10, spec)
	r.do(create, spec)
	s.until(func(d *apiv1.StateDiff) bool {
		return d.GetStatusDiff().GetStatus() == apiv1.StatusDiff_STATUS_NOT_READY && d.GetInstances()[0].GetState() == apiv1.Instance_STATE_STARTING
	})
	s.until(func(d *apiv1.StateDiff) bool {
		return d.GetStatusDiff() == nil && d.GetInstances()[0].GetState() == apiv1.Instance_STATE_RUNNING
	})
}

// Pushes: single ones replace, an older revision is ignored, a spec that is absent is forgotten (rule 2.1).
func TestPushes(t *testing.T) {
	r := newRig(t, t.TempDir())
	s := r.subscribe()
	r.push(s, true, 10, specOf(t, forever))
	for _, c := range []struct {
		revision int64
		spec     *apiv1.ServiceSpec
		want     int64
	}{{11, specOf(t, forever), 11}, {9, specOf(t, forever), 11}, {9, nil, 11}, {12, nil, 0}} {
		r.push(s, false, c.revision, c.spec)
		if got := r.look().GetSpecRevision(); got != c.want {
			t.Errorf("pushed %d: holds %d, not %d", c.revision, got, c.want)
		}
	}
}

// A push for an older stream is refused, and a new subscription ends the old one; its whole set is taken also where its
// revisions are lower, as those of a store that was made anew are.
func TestNewStream(t *testing.T) {
	r := newRig(t, t.TempDir())
	old := r.subscribe()
	r.push(old, true, 10, specOf(t, forever))
	s := r.subscribe()
	if err := r.tryPush(old, false, 11, specOf(t, forever)); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("push for the older stream: %v", err)
	}
	for {
		if _, err := old.Recv(); err != nil {
			if status.Code(err) != codes.Aborted {
				t.Errorf("the older stream: %v", err)
			}
			break
		}
	}
	if s.info.GetStart() <= old.info.GetStart() {
		t.Errorf("start %d after %d", s.info.GetStart(), old.info.GetStart())
	}
	r.push(s, true, 3, specOf(t, forever))
	if d := s.news().GetDiff(); d.GetSpecRevision() != 3 {
		t.Errorf("after the new whole set: %v", d)
	}
}

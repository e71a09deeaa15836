package node

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	apiv1 "statemanager/proto/statemanager/v1"
)

func (r *rig) get(key *apiv1.ActionKey) *apiv1.GetActionResponse {
	r.Helper()
	resp, err := r.ctl.GetAction(r.Context(), &apiv1.GetActionRequest{Key: key, Fence: 7})
	if err != nil {
		r.Fatal(err)
	}
	return resp
}

// entries are the lines of a ledger.
func entries(t *testing.T, dir string) (out []entry) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "ledger.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func events(t *testing.T, dir string) string {
	t.Helper()
	var out []string
	for _, e := range entries(t, dir) {
		out = append(out, strings.TrimSpace(e.Event+" "+e.Result))
	}
	return strings.Join(out, ", ")
}

// restarted is the same node in a new life.
func (r *rig) restarted() *rig {
	dir := r.node.config.Dir
	r.stop()
	n := newRig(r.T, dir)
	n.seq = r.seq
	return n
}

// Rule 3.2: a key seen before gets its first outcome, also after a restart, and acts once.
func TestSameKeySameOutcome(t *testing.T) {
	r := newRig(t, t.TempDir())
	req := r.request(create, specOf(t, forever))
	r.send(req)
	ids := r.running()
	if o := r.send(req); o.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED {
		t.Errorf("sent again: %v", o)
	}
	if now := r.running(); len(now) != 1 || now[0] != ids[0] {
		t.Errorf("acted twice: %v, was %v", now, ids)
	}
	failed := r.request(restart, specOf(t, forever), "nobody")
	first := r.send(failed)
	r = r.restarted()
	if o := r.send(req); o.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED || len(r.running()) != 0 {
		t.Errorf("sent again after a restart: %v, running %v", o, r.running())
	}
	if o := r.get(failed.Key).GetOutcome(); o.GetResult() != apiv1.Outcome_RESULT_FAILED || o.GetMessage() != first.GetMessage() || o.GetMessage() == "" {
		t.Errorf("the failed one after a restart: %v, was %v", o, first)
	}
}

// Rules 3.2 and 3.3: what is at or below the highest is refused with the highest; a newer epoch is above it.
func TestOldKeyIsRefused(t *testing.T) {
	r := newRig(t, t.TempDir())
	r.seq = 9
	r.do(create, specOf(t, forever)) // 10
	r = r.restarted()
	old := r.request(restart, specOf(t, forever))
	old.Key.Seq = 5
	o := r.send(old)
	if o.GetResult() != apiv1.Outcome_RESULT_REFUSED || o.GetHighestEpoch() != 1 || o.GetHighestSeq() != 10 {
		t.Errorf("below the highest: %v", o)
	}
	newer := r.request(create, specOf(t, forever))
	newer.Key.Epoch, newer.Key.Seq, newer.Fence = 2, 1, 1
	if o := r.send(newer); o.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED {
		t.Errorf("of a newer epoch, whose store counts its leaders anew: %v", o)
	}
	next := r.request(restart, specOf(t, forever)) // 12 of the old epoch
	if o := r.send(next); o.GetResult() != apiv1.Outcome_RESULT_REFUSED || o.GetHighestEpoch() != 2 || o.GetHighestSeq() != 1 {
		t.Errorf("of the older epoch: %v", o)
	}
}

// Rule 3.2: an older fence is refused, for every service of the node and after a restart; an old leader burns nothing.
func TestOldFenceIsRefused(t *testing.T) {
	r := newRig(t, t.TempDir())
	r.do(create, specOf(t, forever)) // fence 7
	r = r.restarted()
	req := r.request(create, specOf(t, forever))
	req.Key.ResourceId = serviceID{"a", "other"}.proto()
	req.Fence = 6
	if o := r.send(req); o.GetResult() != apiv1.Outcome_RESULT_REFUSED {
		t.Errorf("fence 6 after 7: %v", o)
	}
	_, err := r.ctl.GetAction(t.Context(), &apiv1.GetActionRequest{Key: req.Key, Fence: 6})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("an old leader asks: %v", err)
	}
	req.Fence = 8
	if o := r.send(req); o.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED {
		t.Errorf("the new leader sends what the old one could not: %v", o)
	}
}

// Rule 3.5: never_heard burns the key durably; its request is then refused on arrival.
func TestNeverHeardIsBurned(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir)
	req := r.request(create, specOf(t, forever))
	if s := r.get(req.Key).GetState(); s != apiv1.GetActionResponse_STATE_NEVER_HEARD {
		t.Fatalf("never sent: %v", s)
	}
	r = r.restarted()
	if s := r.get(req.Key).GetState(); s != apiv1.GetActionResponse_STATE_NEVER_HEARD {
		t.Errorf("after a restart: %v", s)
	}
	if o := r.send(req); o.GetResult() != apiv1.Outcome_RESULT_REFUSED || o.GetHighestSeq() != req.Key.Seq {
		t.Errorf("sent late: %v", o)
	}
	if got := events(t, dir); got != "burned, refused" {
		t.Errorf("ledger: %s", got)
	}
}

// Rule 3.5: an action under way is running; its caller may leave, and who comes later gets the outcome.
func TestRunningAction(t *testing.T) {
	r := newRig(t, t.TempDir())
	req := r.request(create, specOf(t, forever, workWith("action_delay", "300ms")))
	first := make(chan *apiv1.ActionExecutionResponse, 1)
	go func() {
		resp, _ := r.ctl.ExecuteAction(t.Context(), req)
		first <- resp
	}()
	eventually(t, "accepted", func() bool { return len(entries(t, r.node.config.Dir)) == 1 })
	if s := r.get(req.Key).GetState(); s != apiv1.GetActionResponse_STATE_RUNNING {
		t.Errorf("under way: %v", s)
	}
	second := r.send(req)
	if o := (<-first).GetOutcome(); second.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED || o.GetResult() != second.GetResult() {
		t.Errorf("outcomes: %v and %v", o, second)
	}
	if got := r.get(req.Key); got.GetState() != apiv1.GetActionResponse_STATE_DONE || len(r.running()) != 1 {
		t.Errorf("afterwards: %v", got)
	}
}

// An orderly stop of the node is an outcome.
func TestStopEndsActions(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir)
	req := r.request(create, specOf(t, forever, workWith("action_delay", "1h")))
	req.Timeout = durationpb.New(2 * time.Hour)
	go r.ctl.ExecuteAction(t.Context(), req)
	eventually(t, "accepted", func() bool { return len(entries(t, dir)) == 1 })
	r.stop()
	if got := events(t, dir); got != "accepted, outcome failed" {
		t.Errorf("ledger: %s", got)
	}
}

// A ledger's line says who asked for what, and not what the configuration holds.
func TestLedgerLine(t *testing.T) {
	dir := t.TempDir()
	r := newRig(t, dir)
	r.do(create, specOf(t, forever, config("password", "s3cret")))
	ids := r.running()
	r.do(restart, specOf(t, forever), ids...)
	e := entries(t, dir)[2]
	if e.Time.IsZero() || e.Resource != "default/web" || e.Node != "n1" || e.Epoch != 1 || e.Seq != 2 || e.Fence != 7 ||
		e.Kind != "restart" || len(e.Instances) != 1 || e.Instances[0] != ids[0] || e.Event != accepted {
		t.Errorf("line 3: %+v", e)
	}
	b, err := os.ReadFile(filepath.Join(dir, "ledger.jsonl"))
	if err != nil || strings.Contains(string(b), "s3cret") {
		t.Errorf("%v: %s", err, b)
	}
}

// A line that was cut short by a crash is taken away; what is broken elsewhere is named.
func TestBrokenLedger(t *testing.T) {
	whole := `{"resource":"default/web","epoch":1,"seq":1,"event":"burned"}` + "\n"
	for _, c := range []struct{ name, content, err string }{
		{"cut short", whole + `{"resource":"def`, ""},
		{"broken line", whole + "x\n" + whole, "line 2"},
		{"unknown event", whole + `{"resource":"default/web","event":"x"}` + "\n", `line 2: event: "x"`},
		{"outcome of nothing", `{"resource":"default/web","epoch":1,"seq":1,"event":"outcome"}` + "\n", "never accepted"},
		{"no resource", `{"event":"burned"}` + "\n", "NAMESPACE/NAME"},
	} {
		path := filepath.Join(t.TempDir(), "ledger.jsonl")
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := openLedger(path)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := openLedger(path); err == nil || !strings.Contains(err.Error(), "other node") {
			t.Errorf("opened twice: %v", err)
		}
		l.close()
		if b, _ := os.ReadFile(path); string(b) != whole {
			t.Errorf("%s: %q", c.name, b)
		}
	}
}

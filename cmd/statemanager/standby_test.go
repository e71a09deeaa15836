package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"statemanager/adapters/etcd"
)

// Rule 9: of two daemons on one etcd one leads; the other refuses every call with the leader's address, the command line
// follows it, a watch goes on, and the other leads as soon as the first has stopped.
func TestStandby(t *testing.T) {
	address := free(t)
	server, err := etcd.Open(t.Context(), etcd.Config{Dir: t.TempDir(), Cell: "server", Log: hclog.NewNullLogger(), Embedded: &etcd.Embedded{Listen: []string{"http://" + address}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	first, second := testConfig(t), testConfig(t)
	first.Etcd.Endpoints, second.Etcd.Endpoints = []string{address}, []string{address}
	first.Nodes = []NodeConfig{{"n1", free(t), free(t)}}
	second.Nodes = first.Nodes
	stop := startDaemon(t, first, hclog.NewNullLogger())
	one := &scene{t: t, cfg: first, dir: t.TempDir()}
	one.until("no services", "get", "services")

	startDaemon(t, second, hclog.NewNullLogger())
	two := &scene{t: t, cfg: second, dir: one.dir}
	one.file("web.yaml", "name: web\nspec: {node: n1, workload: {command: [sleep, '1']}}\n")
	two.until("default/web", "apply", "-f", "web.yaml")
	if out, code := one.run("get", "services"); code != 0 || !strings.Contains(out, "default/web") {
		t.Errorf("the leader shows %s", out)
	}
	if out, code := two.run("version", "--server"); code != 0 || !strings.Contains(out, "at "+first.Listen+", cell default") {
		t.Errorf("who answered for the one that stands by is not told: %s", out)
	}
	watch := two.watch("--type", "desired_changed", "--since", two.oldest())
	watch.until("default/web")
	stop()
	eventually(t, "the second to lead", func() bool {
		out, code := two.run("version", "--server")
		return code == 0 && strings.Contains(out, "leads for")
	})
	if out, code := two.run("get", "services"); code != 0 || !strings.Contains(out, "default/web") {
		t.Errorf("the new leader shows %s", out)
	}
	one.file("api.yaml", "name: api\nspec: {node: n1, workload: {command: [sleep, '1']}}\n")
	two.until("default/api", "apply", "-f", "api.yaml")
	watch.until("default/api")
	if n := strings.Count(watch.out.String(), "default/web"); n != 1 {
		t.Errorf("the watch shows an event %d times, want 1: %s", n, watch.out.String())
	}
	if n := strings.Count(watch.out.String(), "goes on after revision"); n != 1 {
		t.Errorf("the watch says %d times that it has lost the daemon, want 1: %s", n, watch.out.String())
	}
	if !strings.Contains(watch.out.String(), "when one leads: the daemon stops\n") {
		t.Errorf("the daemon has not ended the watch, but waited until it had to cut it off: %s", watch.out.String())
	}
}

// watched is a watch under way.
type watched struct {
	t   *testing.T
	out lockedBuffer
}

// watch begins a watch that is interrupted at the end of the test.
func (s *scene) watch(args ...string) *watched {
	w := &watched{t: s.t}
	cmd := exec.Command("statemanager", append([]string{"watch", "--address", s.cfg.Listen}, args...)...)
	cmd.Stdout, cmd.Stderr = &w.out, &w.out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			s.t.Errorf("an interrupted watch ended with %v: %s", err, w.out.String())
		}
	})
	return w
}

func (w *watched) until(want string) {
	w.t.Helper()
	eventually(w.t, fmt.Sprintf("%q of a watch", want), func() bool { return strings.Contains(w.out.String(), want) })
}

// oldest is the oldest revision that a watch can begin after.
func (s *scene) oldest() string {
	out, _ := s.run("watch", "--since", "1")
	_, oldest, _ := strings.Cut(out, "the oldest one is ")
	oldest, _, _ = strings.Cut(oldest, ",")
	return oldest
}

package main

import (
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"statemanager/adapters/etcd"
)

// Rule 9: of two daemons on one etcd one leads; the other refuses every call with the leader's address, the command line
// follows it, and the other leads as soon as the first has stopped.
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
	if out, code := two.run("watch"); code != exitUnavailable || !strings.Contains(out, "the leader is at "+first.Listen) {
		t.Errorf("a stream of the one that stands by: exit code %d, %s", code, out)
	}
	stop()
	eventually(t, "the second to lead", func() bool {
		out, code := two.run("version", "--server")
		return code == 0 && strings.Contains(out, "leads for")
	})
	if out, code := two.run("get", "services"); code != 0 || !strings.Contains(out, "default/web") {
		t.Errorf("the new leader shows %s", out)
	}
}

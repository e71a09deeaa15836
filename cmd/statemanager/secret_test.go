package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"statemanager/examples/monitor"
	"statemanager/examples/node"
	pb "statemanager/proto/statemanager/v1"
)

// secret is a value of a configuration. Nothing that the daemon says may hold it, whole or in part.
const secret = "hunter2-8f1c"

// scene is a daemon with a node that runs processes and a MonitoringServer; all that is said anywhere is collected.
type scene struct {
	t            *testing.T
	cfg          *Config
	dir, nodeDir string
	alerts       string // file
	log          *lockedBuffer
	said         strings.Builder
}

func newScene(t *testing.T) *scene {
	s := &scene{t: t, cfg: testConfig(t), dir: t.TempDir(), nodeDir: t.TempDir(), log: &lockedBuffer{}}
	s.alerts = filepath.Join(s.dir, "alerts")
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: s.log})
	address := free(t)
	s.cfg.Nodes = []NodeConfig{{"n1", address, address}}
	s.cfg.Monitoring.Address = free(t)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() {
		done <- node.Run(ctx, node.Config{ID: "n1", Listen: address, Dir: s.nodeDir, Log: log.Named("node")})
	}()
	go func() {
		done <- monitor.Run(ctx, monitor.Config{Listen: s.cfg.Monitoring.Address, File: s.alerts, Log: log.Named("monitor")})
	}()
	t.Cleanup(func() {
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	startDaemon(t, s.cfg, log)
	return s
}

// run runs a command and keeps what it says. It returns its exit code.
func (s *scene) run(args ...string) (out string, code int) {
	cmd := exec.Command("statemanager", append(args, "--address", s.cfg.Listen)...)
	cmd.Dir = s.dir
	text, _ := cmd.CombinedOutput() // the exit code says how it ended
	fmt.Fprintf(&s.said, "%v:\n%s\n", args, text)
	return string(text), cmd.ProcessState.ExitCode()
}

// until runs a command until it says something.
func (s *scene) until(want string, args ...string) {
	s.t.Helper()
	last := ""
	defer func() {
		if s.t.Failed() {
			s.t.Logf("the last answer of %v: %s", args, last)
		}
	}()
	eventually(s.t, fmt.Sprintf("%q of %v", want, args), func() bool {
		last, _ = s.run(args...)
		return strings.Contains(last, want)
	})
}

func (s *scene) file(name, text string) string {
	file := filepath.Join(s.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// holds says whether a file below a directory holds a text.
func holds(t *testing.T, dir, text string) (found bool) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		found = found || strings.Contains(string(raw), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// leaks fails for each line that holds the secret.
func leaks(t *testing.T, where, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.Contains(line, secret) || strings.Contains(line, secret[:7]) {
			t.Errorf("%s holds the secret: %.300s", where, line)
		}
	}
}

// TestSecretsStayInside: a value of a configuration goes to the store and the node, and is found nowhere else: no log, at
// trace level, no event, fact, metric, alert or explanation; no error of a file that is malformed around it, and none that
// travels as a status of gRPC.
func TestSecretsStayInside(t *testing.T) {
	s := newScene(t)
	s.until("no services", "get", "services")
	const workload = "workload: {command: [sleep, '1000']}"
	s.file("web.yaml", "name: web\nspec: {node: n1, config: {password: "+secret+"}, "+workload+"}\n")
	s.file("changed.yaml", "name: web\nspec: {node: n1, config: {password: other-"+secret+"}, "+workload+"}\n")
	s.file("bad.yaml", "name: bad\nspec: {node: n1, config: {password: "+secret+"}, workload: {command: ['false']}}\n")
	for _, f := range []string{"web.yaml", "bad.yaml"} {
		if out, code := s.run("apply", "-f", f); code != 0 {
			t.Fatalf("apply %s: %s", f, out)
		}
	}
	s.until("phase: Running", "get", "web", "-o", "yaml")
	s.until("issue_opened", "events", "bad")
	if out, code := s.run("apply", "-f", "changed.yaml"); code != 0 {
		t.Fatalf("apply a change: %s", out)
	}
	s.until("config", "events", "web", "--decisions")
	if !holds(t, s.nodeDir, secret) {
		t.Error("the node has not got the secret: nothing is shown by not finding it elsewhere")
	}
	s.malformed()
	s.ask()
	eventually(t, "a log of actions", func() bool { return strings.Contains(s.log.String(), "action_started") })
	leaks(t, "the output of a command", s.said.String())
	leaks(t, "the log", s.log.String())
	alerts, err := os.ReadFile(s.alerts)
	if err != nil {
		t.Error(err)
	}
	leaks(t, "an alert", string(alerts))
}

// malformed applies files that are wrong around a secret: none may be taken.
func (s *scene) malformed() {
	for i, spec := range []string{
		"{config: " + secret + "}", "{config: [" + secret + "]}", "{config: {a: {b: " + secret + "}}}", "{config: {a: [" + secret + "]}}",
		"{config: {a: " + secret + "}, replicas: " + secret + "}", "{config: {a: " + secret + "}, replicas: many}",
		"{config: {a: " + secret + "}, replicas: -1}", "{config: {a: " + secret + "}, start_period: 5}",
		"{config: {a: " + secret + "}, nodee: n}", "{config: {a: " + secret + "}", "{config: {a: '" + secret + "}}", "{config: {a: !!int " + secret + "}, node: }",
		"{config: {a: " + secret + "\t\xff}}", "{config: {a: *" + secret + "}}", "{config: {a: " + secret + ", a: " + secret + "}}",
		"{config: {a: " + secret + "}, workload: " + secret + "}", "{config: {a: " + secret + "}, node: 'not a node'}", secret, "[" + secret + "]",
		"{node: n1, state: up, config: {a: " + secret + "}}", "{config: {a: " + secret + "}, resources: " + secret + "}",
		"{config: {a: " + secret + "}, dependencies: [" + secret + "]}", "{config: {a: " + secret + "}, labels: [" + secret + "]}",
		"{config: {? {password: " + secret + "} : x}}", "{config: {? [" + secret + "] : x}}", "{config: {a: &a [" + secret + "], ? *a : x}}", "{workload: {a: {? {b: " + secret + "} : x}}}",
		"{workload: {<<: {? [" + secret + "] : x}}}", "\n  config:\n    a: " + secret + "\n   b: " + secret, "\n  config:\n    a: |\n      " + secret + "\n  config: x",
		"{node: n1, config: {a: " + secret + strings.Repeat("x", 600<<10) + "}}", "{node: n1, config: {" + strings.Repeat("k", 300) + ": " + secret + "}}",
	} {
		file := s.file(fmt.Sprintf("malformed%d.yaml", i), "name: m\nspec: "+spec+"\n")
		out, code := s.run("apply", "-f", filepath.Base(file))
		if code != exitUsage {
			s.t.Errorf("malformed file %d was answered with exit code %d: %.200s\n%.100s", i, code, out, spec)
		}
	}
	bad := s.run
	bad("apply", "-f", "changed.yaml", "--timeout", "1ns")
	direct := &client{address: s.cfg.Listen, output: "table", timeout: 5 * time.Second}
	err := direct.call(s.t.Context(), func(ctx context.Context, x *session) error {
		_, err := x.states.UpdateState(ctx, &pb.StateUpdateRequest{ResourceId: &pb.ResourceId{Namespace: "default", Name: "m"},
			Spec: &pb.ServiceSpec{Config: map[string]string{"a": secret + strings.Repeat("x", 2<<20)}}})
		return fmt.Errorf("apply: %w", err)
	})
	fmt.Fprintf(&s.said, "direct: %v\n", err)
}

// ask asks for everything that there is to see.
func (s *scene) ask() {
	oldest := s.oldest()
	if out, code := s.run("watch", "--since", oldest, "--decisions", "--limit", "30", "-o", "json"); code != 0 || strings.Count(out, "\n") != 30 {
		s.t.Errorf("watch after %q: exit code %d, %.300s", oldest, code, out)
	}
	for _, a := range []string{"get services", "get web", "get bad -o json", "get nodes", "events --decisions --limit 1000", "events web --decisions -o json",
		"explain web", "explain bad -o json", "actions", "actions web -o json", "strategy web", "facts get", "policy status", "version --server", "pause", "resume", "retry bad", "delete web"} {
		if out, code := s.run(strings.Fields(a)...); code != 0 || out == "" {
			s.t.Errorf("%s: exit code %d, %.200s", a, code, out)
		}
	}
}

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"statemanager/examples/demo"
	pb "statemanager/proto/statemanager/v1"
)

// free is a loopback address that nobody listens at.
func free(t *testing.T) string {
	t.Helper()
	address, err := demo.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// certificate writes a certificate of the host of all free addresses that signs itself, and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ := net.SplitHostPort(free(t))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.ParseIP(host)},
		IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", private)
}

// startDaemon runs a daemon; the function that it returns stops it and holds that it ends without an error.
func startDaemon(t *testing.T, cfg *Config, log hclog.Logger) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- runDaemon(ctx, cfg, false, log) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// eventually polls until it is so, for a minute at most: the machine may be busy.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-late:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

func testConfig(t *testing.T) *Config {
	return &Config{Listen: free(t), Cell: "default", DataDir: t.TempDir(), NodeTimeout: time.Second, CannotTell: "ask", Policy: PolicyConfig{Embedded: true}}
}

// TestDaemonOverTLS: with certificate files the listener speaks TLS alone and asks clients for theirs; and the daemon
// starts again with the pack that its store has kept.
func TestDaemonOverTLS(t *testing.T) {
	cert, key := certificate(t)
	cfg := testConfig(t)
	cfg.TLS = TLSFiles{CA: cert, Cert: cert, Key: key}
	ask := func(f TLSFiles) (v *pb.GetVersionResponse, err error) {
		c := &client{address: cfg.Listen, output: "table", tls: f, timeout: 5 * time.Second}
		err = c.call(t.Context(), func(ctx context.Context, s *session) error {
			v, err = s.operator.GetVersion(ctx, &pb.GetVersionRequest{})
			return err
		})
		return v, err
	}
	stop := startDaemon(t, cfg, hclog.NewNullLogger())
	eventually(t, "an answer over TLS", func() bool {
		v, err := ask(cfg.TLS)
		return err == nil && v.Cell == "default" && v.LeadingSince != nil
	})
	if _, err := ask(TLSFiles{}); err == nil {
		t.Error("plain text was answered")
	}
	if _, err := ask(TLSFiles{CA: cert}); err == nil {
		t.Error("a client without a certificate was answered")
	}
	stop()
	cfg.Policy.Embedded = false
	startDaemon(t, cfg, hclog.NewNullLogger())
	eventually(t, "an answer after the restart", func() bool { _, err := ask(cfg.TLS); return err == nil })
}

// TestCommandLine: what an operator types at a running daemon, and the exit codes. There is no node: what is wanted waits.
func TestCommandLine(t *testing.T) {
	cfg := testConfig(t)
	cfg.Nodes = []NodeConfig{{"n1", free(t), free(t)}}
	startDaemon(t, cfg, hclog.NewNullLogger())
	dir := t.TempDir()
	run := func(code int, want string, args ...string) bool {
		cmd := exec.Command("statemanager", append(args, "--address", cfg.Listen)...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput() // the exit code says how it ended
		return cmd.ProcessState.ExitCode() == code && strings.Contains(string(out), want)
	}
	expect := func(code int, want string, args ...string) {
		t.Helper()
		if !run(code, want, args...) {
			t.Errorf("%v: want exit code %d and %q", args, code, want)
		}
	}
	eventually(t, "the daemon", func() bool { return run(0, "no services", "get", "services") })
	for file, text := range map[string]string{
		"web.yaml":    "name: web\nspec: {node: n1, workload: {command: [sleep, '1']}}\n",
		"more.yaml":   "name: web\nspec: {node: n1, replicas: 3, workload: {command: [sleep, '1']}}\n",
		"needs.yaml":  "name: api\nspec: {node: n1, dependencies: [{name: web, namespace: default}]}\n",
		"circle.yaml": "name: web\nspec: {node: n1, replicas: 3, dependencies: [{name: api, namespace: default}], workload: {command: [sleep, '1']}}\n",
		"both.yaml":   "name: m1\nspec: {node: n1}\n---\nname: web\nspec: {replicas: 2}\n",
		"start.yaml":  "name: web\nspec: {node: n1, replicas: 3, workload: {command: [sleep, '2']}}\n",
		"bad.yaml":    "name: Not_A_Name\nspec: {node: n1}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expect(0, "default/web created", "apply", "-f", "web.yaml")
	expect(0, "default/web unchanged", "apply", "-f", "web.yaml")
	expect(0, "default/web updated", "apply", "-f", "more.yaml")
	expect(0, "default/api created", "apply", "-f", "needs.yaml")
	expect(2, "circle", "apply", "-f", "circle.yaml")
	expect(2, "bad.yaml:1: default/Not_A_Name: resource_id", "apply", "-f", "bad.yaml")
	expect(2, "both.yaml:4: default/web: spec: node", "apply", "-f", "both.yaml")
	expect(3, "m1", "explain", "m1") // all or nothing
	expect(0, "takes effect at its next start", "apply", "-f", "start.yaml")
	eventually(t, "the event of a change: it is stored after apply has answered", func() bool { return run(0, "workload: - -> changed", "events", "web") })
	expect(0, `"name": "web"`, "apply", "-f", "start.yaml", "-o", "json")
	expect(0, "desired_changed", "events", "web")
	expect(0, "default/web", "get", "services")
	expect(0, `"replicas": 3`, "get", "services", "web", "-o", "json")
	expect(0, cfg.Nodes[0].Agent, "get", "nodes")
	expect(0, "default/web is Pending", "explain", "web")
	expect(3, "nothing", "explain", "nothing")
	expect(3, "nothing", "retry", "nothing")
	expect(3, "nothing", "delete", "nothing")
	expect(0, "active revision", "policy", "status")
	expect(0, "cell default", "version", "--server")
	expect(0, "default/web deleted", "delete", "web")
}

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestUnreachableEtcd: it says which address, keeps trying, and stops when it is told to.
func TestUnreachableEtcd(t *testing.T) {
	cfg := testConfig(t)
	cfg.Etcd.Endpoints = []string{free(t)}
	log := &lockedBuffer{}
	stop := startDaemon(t, cfg, hclog.New(&hclog.LoggerOptions{Output: log}))
	eventually(t, "a log line that says which address, and why", func() bool {
		return strings.Contains(log.String(), cfg.Etcd.Endpoints[0]) && strings.Contains(log.String(), "connection refused")
	})
	stop()
}

// TestExampleConfiguration: the example can be loaded.
func TestExampleConfiguration(t *testing.T) {
	c, err := loadConfig("../../examples/statemanager.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !filepath.IsAbs(c.Policy.Directory) {
		t.Errorf("the policy directory is shown as %s", c.Policy.Directory)
	}
}

package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"

	"statemanager/examples/monitor"
	"statemanager/examples/node"
)

// secureEtcd is an etcd that speaks TLS alone and knows one user; it returns its address.
func secureEtcd(t *testing.T, cert, key, user, password string) string {
	address := free(t)
	at := func(scheme, address string) []url.URL { return []url.URL{{Scheme: scheme, Host: address}} }
	c := embed.NewConfig()
	c.Dir, c.LogLevel, c.LogOutputs = t.TempDir(), "fatal", []string{filepath.Join(t.TempDir(), "log")}
	c.ListenClientUrls, c.AdvertiseClientUrls = at("https", address), at("https", address)
	c.ListenPeerUrls, c.AdvertisePeerUrls = at("http", "127.0.0.1:0"), at("http", "127.0.0.1:0")
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	c.ClientTLSInfo = transport.TLSInfo{CertFile: cert, KeyFile: key, TrustedCAFile: cert, ClientCertAuth: true}
	e, err := embed.StartEtcd(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	select {
	case <-e.Server.ReadyNotify():
	case <-time.After(20 * time.Second):
		t.Fatal("etcd does not start")
	}
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{"https://" + address}, TLS: pair(t, cert, key)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for _, do := range []func() error{
		func() error { _, err := client.RoleAdd(t.Context(), "root"); return err },
		func() error { _, err := client.UserAdd(t.Context(), user, password); return err },
		func() error { _, err := client.UserGrantRole(t.Context(), user, "root"); return err },
		func() error { _, err := client.AuthEnable(t.Context()); return err },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	return address
}

// pair is one end of a connection whose both ends have the same certificate.
func pair(t *testing.T, cert, key string) *tls.Config {
	t.Helper()
	p, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return &tls.Config{Certificates: []tls.Certificate{p}, RootCAs: pool, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
}

// TestAllOverTLS: an external etcd with a user, an agent, a controller and a MonitoringServer, all of which speak TLS alone
// and ask for the daemon's certificate.
func TestAllOverTLS(t *testing.T) {
	cert, key := certificate(t)
	files := TLSFiles{CA: cert, Cert: cert, Key: key}
	cfg := testConfig(t)
	dir, at := t.TempDir(), free(t)
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte("open sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg.Etcd = EtcdConfig{Endpoints: []string{secureEtcd(t, cert, key, "root", "open sesame")}, User: "root", PasswordFile: password, TLS: files}
	cfg.Nodes, cfg.NodesTLS = []NodeConfig{{"n1", at, at}}, files
	cfg.Monitoring = Monitoring{Address: free(t), TLS: files}
	cfg.Policy = PolicyConfig{Directory: filepath.Join(dir, "pack")}
	if err := writePack(cfg.Policy.Directory); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	alerts := filepath.Join(dir, "alerts")
	go func() {
		done <- node.Run(ctx, node.Config{ID: "n1", Listen: at, Dir: t.TempDir(), TLS: pair(t, cert, key)})
	}()
	go func() {
		done <- monitor.Run(ctx, monitor.Config{Listen: cfg.Monitoring.Address, File: alerts, TLS: pair(t, cert, key)})
	}()
	t.Cleanup(func() { cancel(); <-done; <-done })
	stop := startDaemon(t, cfg, hclog.NewNullLogger())
	s := &scene{t: t, cfg: cfg, dir: dir}
	s.until("no services", "get", "services")
	s.file("web.yaml", "name: web\nspec: {node: n1, workload: {command: [sleep, '1000']}}\n")
	s.until("web", "apply", "-f", "web.yaml")
	s.until("phase: Running", "get", "web", "-o", "yaml")
	if err := os.WriteFile(filepath.Join(cfg.Policy.Directory, "recovery", "broken.rego"), []byte("package x {"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "an alert at the MonitoringServer", func() bool {
		text, err := os.ReadFile(alerts)
		return err == nil && strings.Contains(string(text), "pack_refused")
	})
	s.until("deleted", "delete", "web")
	stop()

	cfg.Etcd.PasswordFile = alerts // a wrong one
	if err := runDaemon(t.Context(), cfg, false, hclog.NewNullLogger()); err == nil || !strings.Contains(err.Error(), cfg.Etcd.Endpoints[0]) {
		t.Errorf("with a wrong password: %v", err)
	}
}

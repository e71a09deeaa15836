package monitor

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	apiv1 "statemanager/proto/statemanager/v1"
)

// started is a monitor over a file, and a client of it.
func started(t *testing.T, file string) (*Monitor, apiv1.MonitoringServerClient) {
	t.Helper()
	m, err := New(Config{Listen: "127.0.0.1:0", File: file})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(m.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return m, apiv1.NewMonitoringServerClient(conn)
}

func alert(name string, seq int64) *apiv1.StateAlert {
	k := &apiv1.AlertKey{Epoch: 1, Seq: seq}
	if name != "" {
		k.ResourceId = &apiv1.ResourceId{Namespace: "default", Name: name}
	}
	return &apiv1.StateAlert{Key: k, Code: "crash", Text: "web crashed"}
}

func send(t *testing.T, c apiv1.MonitoringServerClient, alerts ...*apiv1.StateAlert) {
	t.Helper()
	for _, a := range alerts {
		if _, err := c.SendAlert(t.Context(), &apiv1.SendAlertRequest{Alert: a}); err != nil {
			t.Fatal(err)
		}
	}
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// Rule 3.6: an alert is accepted until it is, and shown once for each key, also after a restart.
func TestOnceForEachKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "alerts.jsonl")
	m, c := started(t, file)
	send(t, c, alert("web", 1), alert("web", 1), alert("web", 2), alert("", 1), alert("", 1))
	if got := lines(t, file); len(got) != 3 || !strings.Contains(got[0], `"text":"web crashed"`) {
		t.Errorf("written: %q", got)
	}
	if err := m.Stop(); err != nil {
		t.Fatal(err)
	}
	m, c = started(t, file)
	send(t, c, alert("web", 2), alert("web", 3))
	if got := lines(t, file); len(got) != 4 {
		t.Errorf("after a restart: %q", got)
	}
	if err := m.Stop(); err != nil {
		t.Error(err)
	}
}

func TestAlertWithoutKey(t *testing.T) {
	m, c := started(t, filepath.Join(t.TempDir(), "alerts.jsonl"))
	defer m.Stop()
	_, err := c.SendAlert(t.Context(), &apiv1.SendAlertRequest{Alert: &apiv1.StateAlert{}})
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v", err)
	}
}

// What was cut short was never accepted; what is broken elsewhere is named; a file has one monitor.
func TestBrokenFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "alerts.jsonl")
	whole := `{"key":{"epoch":"1","seq":"1"}}` + "\n"
	if err := os.WriteFile(file, []byte(whole+`{"key":`), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := openAlerts(file)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(file); string(b) != whole || len(a.known) != 1 {
		t.Errorf("kept %q", b)
	}
	if _, err := openAlerts(file); err == nil || !strings.Contains(err.Error(), "other monitor") {
		t.Errorf("opened twice: %v", err)
	}
	a.close()
	if err := os.WriteFile(file, []byte(whole+"x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openAlerts(file); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("broken: %v", err)
	}
}

func TestConfigIsRefused(t *testing.T) {
	for _, c := range []Config{{Listen: "127.0.0.1:0"}, {File: "x", Listen: "0.0.0.0:1"}, {File: "x"}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

// The newest figures alone are kept, beside the alerts.
func TestMetrics(t *testing.T) {
	file := filepath.Join(t.TempDir(), "alerts")
	m, c := started(t, file)
	defer m.Stop()
	for _, cell := range []string{"old", "new"} {
		if _, err := c.SendMetrics(t.Context(), &apiv1.SendMetricsRequest{Metrics: &apiv1.StateMetrics{Cell: cell}}); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file + ".metrics")
	if err != nil || !strings.Contains(string(text), "new") || strings.Contains(string(text), `"old"`) {
		t.Errorf("the figures are %s, %v", text, err)
	}
	if _, err := c.SendMetrics(t.Context(), &apiv1.SendMetricsRequest{}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("no figures: %v", err)
	}
}

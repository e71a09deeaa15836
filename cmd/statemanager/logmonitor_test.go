package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"statemanager/engine"
)

// Rule 3.6: without a MonitoringServer the log takes each notice, as a warning that says what it is about.
func TestLogTakesNotices(t *testing.T) {
	var out bytes.Buffer
	m := logMonitor{hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Warn})}
	n := engine.Notice{Key: engine.NoticeKey{EpochSeq: engine.EpochSeq{Epoch: 7, Seq: 3}}, Code: "node_silent", Text: "node n1 is silent", Alert: true}
	if err := m.SendAlert(t.Context(), n); err != nil {
		t.Fatalf("not accepted: %v", err)
	}
	for _, want := range []string{"[WARN]", "code=node_silent", `text="node n1 is silent"`, "origin=engine", "key=7.3"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}

package adaptertest

import (
	"reflect"
	"testing"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// Monitor is the contract of runner.Monitor (rule 3.6). NewMonitor makes one, and what shows the notices that its server
// has shown.
func Monitor(t *testing.T, newMonitor func(t *testing.T) (m runner.Monitor, shown func() []engine.Notice)) {
	m, shown := newMonitor(t)
	episode := func(seq int64) engine.Notice {
		return engine.Notice{Key: engine.NoticeKey{Service: web, EpochSeq: engine.EpochSeq{Epoch: 1, Seq: seq}}, At: 1000, Code: "crash", Text: "web crashes",
			Reasons: []engine.Reason{{Code: "spent", Args: []engine.Field{{Name: "tries", Value: "3"}}, Text: "3 tries are spent"}}}
	}
	cell := engine.Notice{Key: engine.NoticeKey{EpochSeq: engine.EpochSeq{Epoch: 1, Seq: 4}}, At: 2000, Code: "node_silent", Text: "n1 is silent", Alert: true}
	for _, n := range []engine.Notice{episode(4), episode(4), cell, episode(5), cell} {
		if err := m.SendAlert(patient(t), n); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := shown(), []engine.Notice{episode(4), cell, episode(5)}; !reflect.DeepEqual(got, want) {
		t.Errorf("shown %+v\nwant  %+v", got, want)
	}
}

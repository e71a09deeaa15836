package wire

import (
	"testing"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// What is no UTF-8 is stored all the same: one strange name must not keep a cell from being saved.
func TestStrangeTextIsStored(t *testing.T) {
	event := &engine.StateEvent{Type: engine.EventNotice, Metadata: []engine.Field{{Name: "key", Value: "a\xffb"}}, Changes: []engine.FieldChange{{Field: "\xfe", New: "n"}}}
	b, err := EntriesToStore([]engine.Entry{{At: 1, Event: event}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := EntriesFromStore(b)
	if err != nil || got[0].Event.Metadata[0].Value != "a\uFFFDb" || got[0].Event.Changes[0].Field != "\uFFFD" {
		t.Errorf("read back: %+v, %v", got, err)
	}
	var l runner.Loaded
	if Add(&l, Value{Key: "desired/service/a/\xffb/"}); len(l.Broken) != 1 || l.Broken[0].Cell || l.Broken[0].Key != "desired/service/a/\uFFFDb/" {
		t.Errorf("broken: %+v", l.Broken)
	}
}

// Rule 3.3: an epoch that nobody can have made is refused.
func TestImpossibleEpoch(t *testing.T) {
	list := HighestToProto([]engine.Highest{{Service: engine.Service("d", "web"), EpochSeq: engine.EpochSeq{Epoch: engine.MaxEpoch, Seq: 1}}})
	if _, err := HighestFromProto(list); err != nil {
		t.Error(err)
	}
	if list[0].Epoch++; len(list) == 1 {
		if _, err := HighestFromProto(list); err == nil {
			t.Error("an epoch after the last was taken")
		}
	}
}

package wire

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	"statemanager/engine"
	storev1 "statemanager/proto/store/v1"
)

// format is the number of the format that this version writes, and the only one that it reads.
const format = 1

// deterministic gives the same bytes for the same value, so that equal content is seen as equal.
var deterministic = proto.MarshalOptions{Deterministic: true}

// stored is a message that is the value of a key.
type stored interface {
	proto.Message
	GetFormat() uint32
}

// encode are the bytes of a value, with the fields of a newer version behind them.
func encode(m stored, unknown []byte) ([]byte, error) {
	m.ProtoReflect().SetUnknown(unknown)
	b, err := deterministic.Marshal(m)
	if err != nil { // a string that is not UTF-8
		readable(m.ProtoReflect())
		b, err = deterministic.Marshal(m)
	}
	if err != nil {
		return nil, invalid("write %s: %v", m.ProtoReflect().Descriptor().Name(), err)
	}
	return b, nil
}

// decode reads a value. The fields of a newer version are returned apart.
func decode(b []byte, m stored) (unknown []byte, err error) {
	name := m.ProtoReflect().Descriptor().Name()
	if err := proto.Unmarshal(b, m); err != nil {
		return nil, invalid("read %s: %v", name, err)
	}
	switch f := m.GetFormat(); {
	case f == 0:
		return nil, invalid("read %s: the value is empty or something else", name)
	case f > format:
		return nil, invalid("read %s: its format %d is newer than %d, the newest that this version reads", name, f, format)
	}
	return m.ProtoReflect().GetUnknown(), nil
}

// invalid is an error of kind Invalid.
func invalid(text string, args ...any) error {
	return &engine.Error{Kind: engine.Invalid, Text: fmt.Sprintf(text, args...)}
}

// each converts a list; an empty one is nil.
func each[A, B any](in []A, f func(A) B) (out []B) {
	for _, x := range in {
		out = append(out, f(x))
	}
	return out
}

// words turns a list of named strings into another; an empty one is nil.
func words[B, A ~string](in []A) []B { return each(in, func(a A) B { return B(a) }) }

func resourceToStore(id engine.ResourceID) *storev1.Resource {
	if id == (engine.ResourceID{}) {
		return nil
	}
	return &storev1.Resource{Kind: id.Kind, Namespace: id.Namespace, Name: id.Name}
}

func resourceFromStore(m *storev1.Resource) engine.ResourceID {
	return engine.ResourceID{Kind: m.GetKind(), Namespace: m.GetNamespace(), Name: m.GetName()}
}

func keyToStore(k engine.EpochSeq) *storev1.EpochSeq {
	return &storev1.EpochSeq{Epoch: k.Epoch, Seq: k.Seq}
}

func keyFromStore(m *storev1.EpochSeq) engine.EpochSeq {
	return engine.EpochSeq{Epoch: m.GetEpoch(), Seq: m.GetSeq()}
}

func timerToStore(t engine.Timer) *storev1.Timer {
	if t == (engine.Timer{}) {
		return nil
	}
	return &storev1.Timer{Armed: int64(t.Armed), Delay: int64(t.Delay)}
}

func timerFromStore(m *storev1.Timer) engine.Timer {
	return engine.Timer{Armed: engine.Instant(m.GetArmed()), Delay: time.Duration(m.GetDelay())}
}

func fieldToStore(f engine.Field) *storev1.Field {
	return &storev1.Field{Name: f.Name, Value: f.Value}
}

func fieldFromStore(m *storev1.Field) engine.Field {
	return engine.Field{Name: m.GetName(), Value: m.GetValue()}
}

func reasonToStore(r engine.Reason) *storev1.Reason {
	return &storev1.Reason{Code: r.Code, Args: each(r.Args, fieldToStore), Text: r.Text}
}

func reasonFromStore(m *storev1.Reason) engine.Reason {
	return engine.Reason{Code: m.GetCode(), Args: each(m.GetArgs(), fieldFromStore), Text: m.GetText()}
}

package wire

import (
	"maps"
	"slices"
	"time"

	"statemanager/engine"
	storev1 "statemanager/proto/store/v1"
)

// CellToStore are the bytes of a cell's record.
func CellToStore(c *engine.Cell) ([]byte, error) {
	return encode(&storev1.Cell{
		Format: format, Epoch: c.Epoch, Revision: c.Revision, N: c.N, Outbox: each(c.Outbox, noticeToStore), Silent: c.Silent, Paused: int64(c.Paused),
		Nodes: each(c.Nodes, nodeToStore),
	}, c.Unknown)
}

// CellFromStore reads a cell's record. An Invalid error says that the bytes are none, or are in a newer format.
func CellFromStore(b []byte) (*engine.Cell, error) {
	m := &storev1.Cell{}
	unknown, err := decode(b, m)
	if err != nil {
		return nil, err
	}
	return &engine.Cell{
		Epoch: m.GetEpoch(), Revision: m.GetRevision(), N: m.GetN(), Outbox: each(m.GetOutbox(), noticeFromStore),
		Silent: m.GetSilent(), Paused: engine.Instant(m.GetPaused()), Nodes: each(m.GetNodes(), nodeFromStore), Unknown: unknown,
	}, nil
}

func nodeToStore(n engine.NodeRecord) *storev1.Node {
	return &storev1.Node{Id: n.ID, Labels: n.Labels, Capacity: n.Capacity, FenceSelf: n.Fence.Self, FenceAfter: int64(n.Fence.After)}
}

func nodeFromStore(m *storev1.Node) engine.NodeRecord {
	return engine.NodeRecord{ID: m.GetId(), Labels: m.GetLabels(), Capacity: m.GetCapacity(),
		Fence: engine.Fence{Self: m.GetFenceSelf(), After: time.Duration(m.GetFenceAfter())}}
}

// PackToStore are the bytes of a pack's files.
func PackToStore(files map[string][]byte) ([]byte, error) {
	return encode(&storev1.Pack{Format: format, Files: each(slices.Sorted(maps.Keys(files)), func(name string) *storev1.File {
		return &storev1.File{Name: name, Content: files[name]}
	})}, nil)
}

// PackFromStore reads a pack's files. An Invalid error says that the bytes are none, or are in a newer format.
func PackFromStore(b []byte) (map[string][]byte, error) {
	m := &storev1.Pack{}
	if _, err := decode(b, m); err != nil {
		return nil, err
	}
	files := make(map[string][]byte, len(m.GetFiles()))
	for _, f := range m.GetFiles() {
		files[f.GetName()] = f.GetContent()
	}
	return files, nil
}

// CreationToStore are the bytes of when a store was made, in nanoseconds since the Unix epoch.
func CreationToStore(at int64) ([]byte, error) {
	return encode(&storev1.Creation{Format: format, At: at}, nil)
}

// CreationFromStore reads when a store was made. An Invalid error says that the bytes are none, or are in a newer format.
func CreationFromStore(b []byte) (int64, error) {
	m := &storev1.Creation{}
	_, err := decode(b, m)
	return m.GetAt(), err
}

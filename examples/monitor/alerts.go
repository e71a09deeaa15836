package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"

	"google.golang.org/protobuf/encoding/protojson"

	apiv1 "statemanager/proto/statemanager/v1"
)

// alerts is the file of alerts and the keys that it holds.
type alerts struct {
	mu    sync.Mutex
	file  *os.File
	size  int64 // of the whole lines
	known map[key]bool
}

// key is that of an alert; an empty resource is the cell.
type key struct {
	kind, namespace, name string
	epoch, seq            int64
}

func keyOf(k *apiv1.AlertKey) key {
	r := k.GetResourceId()
	kind := r.GetKind()
	if r != nil && kind == "" {
		kind = "service"
	}
	return key{kind, r.GetNamespace(), r.GetName(), k.GetEpoch(), k.GetSeq()}
}

// openAlerts reads the keys that a file holds, and keeps other monitors from it. A last line that is cut short was never
// accepted: it is taken away.
func openAlerts(path string) (*alerts, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open alerts: %w", err)
	}
	a := &alerts{file: f, known: map[key]bool{}}
	if err := a.load(); err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func (a *alerts) load() error {
	if err := syscall.Flock(int(a.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return fmt.Errorf("lock alerts %s: %w: end the other monitor that uses it", a.file.Name(), err)
	}
	b, err := io.ReadAll(a.file)
	if err != nil {
		return fmt.Errorf("read alerts %s: %w", a.file.Name(), err)
	}
	n := 0
	for line := range bytes.Lines(b) {
		n++
		if line[len(line)-1] != '\n' {
			break
		}
		alert := &apiv1.StateAlert{}
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(line, alert); err != nil {
			return fmt.Errorf("read alerts %s: line %d: %w: mend or remove the line", a.file.Name(), n, err)
		}
		a.known[keyOf(alert.GetKey())] = true
		a.size += int64(len(line))
	}
	return a.cut()
}

// cut takes away what follows the last whole line.
func (a *alerts) cut() error {
	if err := a.file.Truncate(a.size); err != nil {
		return fmt.Errorf("cut alerts %s: %w", a.file.Name(), err)
	}
	_, err := a.file.Seek(a.size, io.SeekStart)
	return err
}

// add makes an alert durable, once for each key.
func (a *alerts) add(alert *apiv1.StateAlert) (fresh bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	k := keyOf(alert.GetKey())
	if a.known[k] {
		return false, nil
	}
	line, err := lineOf(alert)
	if err != nil {
		return false, fmt.Errorf("write alert: %w", err)
	}
	if _, err = a.file.Write(line); err == nil {
		err = a.file.Sync()
	}
	if err != nil {
		_ = a.cut() // if that fails as well, opening it does it
		return false, fmt.Errorf("write alerts %s: %w", a.file.Name(), err)
	}
	a.known[k], a.size = true, a.size+int64(len(line))
	return true, nil
}

// lineOf is an alert as one line; the library varies its spaces on purpose, so they are taken out.
func lineOf(alert *apiv1.StateAlert) ([]byte, error) {
	b, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(alert)
	if err != nil {
		return nil, err
	}
	var line bytes.Buffer
	if err := json.Compact(&line, b); err != nil {
		return nil, err
	}
	return append(line.Bytes(), '\n'), nil
}

func (a *alerts) close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.file.Close()
}

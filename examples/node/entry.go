package node

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

// The events of a ledger. An action that was accepted and has no outcome may have been carried out.
const (
	accepted = "accepted"
	outcome  = "outcome"
	refused  = "refused"
	burned   = "burned"
)

// entry is one line of the ledger.
type entry struct {
	Time      time.Time `json:"time"`
	Resource  string    `json:"resource"` // NAMESPACE/NAME
	Node      string    `json:"node"`
	Epoch     int64     `json:"epoch"`
	Seq       int64     `json:"seq"`
	Fence     int64     `json:"fence"`
	Kind      string    `json:"kind,omitempty"`
	Instances []string  `json:"instances,omitempty"` // as asked for; absent = all
	Event     string    `json:"event"`
	Result    string    `json:"result,omitempty"`
	Message   string    `json:"message,omitempty"`
}

// journal is a file of entries that is only appended to. It is not safe for use by several goroutines.
type journal struct {
	file *os.File
	size int64 // of the whole lines
}

// openJournal reads what the file holds, and keeps others from opening it. A last line that is cut short was never
// acted on: it is taken away. Any other line that cannot be read is an error that names it.
func openJournal(path string) (*journal, []entry, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open ledger: %w", err)
	}
	j := &journal{file: f}
	entries, err := j.load()
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return j, entries, nil
}

func (j *journal) load() ([]entry, error) {
	if err := syscall.Flock(int(j.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, fmt.Errorf("lock ledger %s: %w: end the other node that uses it", j.file.Name(), err)
	}
	b, err := io.ReadAll(j.file)
	if err != nil {
		return nil, fmt.Errorf("read ledger %s: %w", j.file.Name(), err)
	}
	var entries []entry
	for line := range bytes.Lines(b) {
		var e entry
		if line[len(line)-1] != '\n' {
			break
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return nil, fmt.Errorf("read ledger %s: line %d: %w: mend or remove the line", j.file.Name(), len(entries)+1, err)
		}
		entries, j.size = append(entries, e), j.size+int64(len(line))
	}
	return entries, j.cut()
}

// cut takes away what follows the last whole line.
func (j *journal) cut() error {
	if err := j.file.Truncate(j.size); err != nil {
		return fmt.Errorf("cut ledger %s: %w", j.file.Name(), err)
	}
	_, err := j.file.Seek(j.size, io.SeekStart)
	return err
}

// add makes an entry durable. When it fails, the file is as before.
func (j *journal) add(e entry) error {
	e.Time = time.Now().UTC()
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	b = append(b, '\n')
	if _, err = j.file.Write(b); err == nil {
		err = j.file.Sync()
	}
	if err != nil {
		_ = j.cut() // if that fails as well, opening it does it
		return fmt.Errorf("write ledger %s: %w", j.file.Name(), err)
	}
	j.size += int64(len(b))
	return nil
}

func (j *journal) close() error { return j.file.Close() }

package policydir

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"
)

// Editors and deployments change a file in several steps, and several files at a time: a change is told when nothing
// more has happened for quiet, or after patience at the latest.
const (
	quiet    = 100 * time.Millisecond
	patience = time.Second
)

// Watch calls changed once when it has begun to watch, and then whenever what Read(dir) returns has changed, its errors
// included. It returns when ctx has ended, or with an error if the directory cannot be watched. It survives that files
// are renamed over others, that dir or a link on the way to it is replaced, and that dir is deleted and comes again.
// changed runs on Watch's goroutine: what happens meanwhile is told after it.
func Watch(ctx context.Context, dir string, changed func()) error {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("watch policy directory %s: %w", dir, err)
	}
	var told string
	for ctx.Err() == nil {
		w, err := newWatcher(abs)
		if err != nil {
			return fmt.Errorf("watch policy directory %s: %w", dir, err)
		}
		if now := fingerprint(abs); now != told {
			told = now
			changed()
		}
		w.wait(ctx)
		if err := w.fs.Close(); err != nil {
			return fmt.Errorf("watch policy directory %s: %w", dir, err)
		}
	}
	return nil
}

// wait returns after a change has settled, or when ctx has ended.
func (w *watcher) wait(ctx context.Context) {
	var settled, late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-settled:
			return
		case <-late:
			return
		case e := <-w.fs.Events:
			if !w.matters(e) {
				continue
			}
		case <-w.fs.Errors: // events were lost
		}
		settled = time.After(quiet)
		if late == nil {
			late = time.After(patience)
		}
	}
}

// fingerprint is the same as long as Read returns the same.
func fingerprint(dir string) string {
	files, err := Read(dir)
	h := sha256.New()
	if err != nil {
		fmt.Fprint(h, err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%q %x ", name, sha256.Sum256(files[name]))
	}
	return string(h.Sum(nil))
}

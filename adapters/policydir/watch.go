package policydir

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Editors and deployments change a file in several steps, and several files at a time: a change is told when nothing
// more has happened for quiet, or after patience at the latest.
const (
	quiet    = 100 * time.Millisecond
	patience = time.Second
)

// Watch calls changed once when it has begun to watch, and then whenever what ReadLayer returns of a path has changed, its
// errors included. It returns when ctx has ended, or with an error if a path cannot be watched. It survives that files
// are renamed over others, that a path or a link on the way to it is replaced, and that it is deleted and comes again.
// changed runs on Watch's goroutine: what happens meanwhile is told after it.
func Watch(ctx context.Context, changed func(), paths ...string) error {
	abs := make([]string, len(paths))
	for i, p := range paths {
		var err error
		if abs[i], err = filepath.Abs(p); err != nil {
			return fmt.Errorf("watch policy in %s: %w", p, err)
		}
	}
	var told string
	for ctx.Err() == nil {
		w, err := newWatcher(abs...)
		if err != nil {
			return fmt.Errorf("watch policy in %s: %w", strings.Join(paths, ", "), err)
		}
		if now := fingerprint(abs); now != told {
			told = now
			changed()
		}
		w.wait(ctx)
		if err := w.fs.Close(); err != nil {
			return fmt.Errorf("watch policy in %s: %w", strings.Join(paths, ", "), err)
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

// fingerprint is the same as long as ReadLayer returns the same of each path.
func fingerprint(paths []string) string {
	h := sha256.New()
	for _, p := range paths {
		files, err := ReadLayer(p)
		fmt.Fprintf(h, "%q %v ", p, err)
		for _, name := range slices.Sorted(maps.Keys(files)) {
			fmt.Fprintf(h, "%q %x ", name, sha256.Sum256(files[name]))
		}
	}
	return string(h.Sum(nil))
}

package policydir

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"
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
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("watch policy directory %s: %w", dir, err)
	}
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch policy directory %s: %w", dir, err)
	}
	defer fs.Close()
	w := &watcher{dir: dir, fs: fs}
	for {
		if err := w.rewatch(); err != nil {
			return fmt.Errorf("watch policy directory %s: %w", dir, err)
		}
		if now := fingerprint(dir); now != w.last {
			w.last = now
			changed()
		}
		if !w.wait(ctx) {
			return nil
		}
	}
}

type watcher struct {
	dir  string
	fs   *fsnotify.Watcher
	last string             // fingerprint that was told
	want map[string]watched // by folder
}

// watched are the names in a folder that matter; nil = all.
type watched map[string]bool

// wait returns after a change has settled; false when ctx has ended.
func (w *watcher) wait(ctx context.Context) bool {
	var settled, late <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return false
		case e := <-w.fs.Events:
			if !w.matters(e) {
				continue
			}
		case <-w.fs.Errors: // events were lost
		case <-settled:
			return true
		case <-late:
			return true
		}
		settled = time.After(quiet)
		if late == nil {
			late = time.After(patience)
		}
	}
}

func (w *watcher) matters(e fsnotify.Event) bool {
	if e.Op == fsnotify.Chmod {
		return false
	}
	names, known := w.want[filepath.Dir(e.Name)]
	return !known || names == nil || names[filepath.Base(e.Name)]
}

// rewatch watches what decides what Read sees now. All of it is watched anew, because a folder of the same name may be
// another one. Only what is done before a fingerprint is taken can be missed by no one.
func (w *watcher) rewatch() error {
	want := map[string]watched{}
	folders(w.dir, want, 0)
	for _, p := range w.fs.WatchList() {
		_ = w.fs.Remove(p) // it may be gone
	}
	w.want = want
	var failed error
	for _, p := range slices.Sorted(maps.Keys(want)) {
		if err := w.fs.Add(p); err != nil && !os.IsNotExist(err) {
			failed = err
		}
	}
	return failed
}

// folders collects the folders that decide what is at p: where each link on the way stands, and the folders below.
func folders(p string, want map[string]watched, depth int) {
	real := resolve(p, want)
	entries, err := os.ReadDir(real)
	if err != nil || depth > maxDepth {
		return
	}
	want[real] = nil
	for _, e := range entries {
		child := filepath.Join(real, e.Name())
		if hidden(e.Name()) {
			continue
		}
		if info, err := os.Stat(child); err == nil && info.IsDir() {
			folders(child, want, depth+1)
		} else if e.Type()&os.ModeSymlink != 0 {
			resolve(child, want)
		}
	}
}

// resolve follows a path name by name, noting each name in its folder: one that is missing may appear, a link may change.
func resolve(p string, want map[string]watched) string {
	at, rest := "/", names(p)
	for hops := 0; len(rest) > 0 && hops < 255; hops++ {
		note(want, at, rest[0])
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		if to, err := os.Readlink(next); err == nil {
			if filepath.IsAbs(to) {
				at = "/"
			}
			rest = append(names(to), rest...)
			continue
		}
		at = next
	}
	return at
}

func names(p string) []string {
	return slices.DeleteFunc(strings.Split(p, "/"), func(n string) bool { return n == "" || n == "." })
}

func note(want map[string]watched, folder, name string) {
	if set, known := want[folder]; !known {
		want[folder] = watched{name: true}
	} else if set != nil {
		set[name] = true
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

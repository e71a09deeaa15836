package policydir

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/fsnotify/fsnotify"
)

// watcher watches the folders that decide what Read sees at one moment. After a change there is a new one, because a
// folder of the same name may be another one. Each folder is watched before it is looked at, so that no change falls
// between the two.
type watcher struct {
	fs     *fsnotify.Watcher
	names  map[string]names // by folder
	failed error
}

// names are the names in a folder that matter; nil = all.
type names map[string]bool

// maxLinks is how many links one path may lead over; Linux follows 40.
const maxLinks = 40

func newWatcher(paths ...string) (*watcher, error) {
	fs, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &watcher{fs: fs, names: map[string]names{}}
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			w.resolve(p)
			continue
		}
		w.folder(p)
	}
	if w.failed != nil {
		return nil, errors.Join(w.failed, fs.Close())
	}
	return w, nil
}

func (w *watcher) matters(e fsnotify.Event) bool {
	set, known := w.names[filepath.Dir(e.Name)]
	return !known || set == nil || set[filepath.Base(e.Name)]
}

// folder watches the folder at a path, the folders below, and where each link on the way to them stands.
func (w *watcher) folder(p string) {
	at := w.resolve(p)
	if set, known := w.names[at]; known && set == nil {
		return // a link leads back
	}
	w.add(at)
	w.names[at] = nil
	entries, err := os.ReadDir(at)
	if err != nil {
		return // Read tells
	}
	for _, e := range entries {
		child := filepath.Join(at, e.Name())
		if hidden(e.Name()) {
			continue
		}
		if info, err := os.Stat(child); err == nil && info.IsDir() {
			w.folder(child)
		} else if e.Type()&os.ModeSymlink != 0 {
			w.resolve(child)
		}
	}
}

// resolve follows a path name by name, and watches each on its way: one that is missing may appear, a link may change.
func (w *watcher) resolve(p string) string {
	at, rest := "/", split(p)
	for links := 0; len(rest) > 0 && links <= maxLinks; {
		w.note(at, rest[0])
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		to, err := os.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		if links++; filepath.IsAbs(to) {
			at = "/"
		}
		rest = append(split(to), rest...)
	}
	return at
}

func split(p string) []string {
	return slices.DeleteFunc(strings.Split(p, "/"), func(n string) bool { return n == "" || n == "." })
}

func (w *watcher) note(folder, name string) {
	set, known := w.names[folder]
	if !known {
		w.add(folder)
		set = names{}
		w.names[folder] = set
	}
	if set != nil {
		set[name] = true
	}
}

// add watches a folder. One that is missing, or whose names may not be listed, cannot be: its parent is watched.
func (w *watcher) add(folder string) {
	err := w.fs.Add(folder)
	for _, tolerated := range []error{os.ErrNotExist, os.ErrPermission, syscall.ENOTDIR} {
		if errors.Is(err, tolerated) {
			return
		}
	}
	if err != nil {
		w.failed = err
	}
}

package policydir_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"statemanager/adapters/policydir"
)

// watched is a directory that is watched until the test ends: what Read returns whenever a change is told.
type watched chan string

func watch(t *testing.T, dir string) watched {
	w := make(watched, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- policydir.Watch(ctx, func() { w <- show(dir) }, dir) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			must(t, err)
		case <-time.After(20 * time.Second):
			t.Error("the watch does not end")
		}
	})
	return w
}

// next is what is told next; it must be that. After a write in place the file may be seen empty first: until is for that.
func (w watched) next(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-w:
		if got != want {
			t.Fatalf("told %s, want %s", got, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%s is not told", want)
	}
}

// until waits until that is told, whatever is told before.
func (w watched) until(t *testing.T, want string) {
	t.Helper()
	var last string
	for deadline := time.After(20 * time.Second); ; {
		select {
		case last = <-w:
			if strings.HasSuffix(last, want) {
				return
			}
		case <-deadline:
			t.Fatalf("%s is not told, the last was %s", want, last)
		}
	}
}

// replace writes a file as editors do: under another name that is then renamed over it.
func replace(t *testing.T, file, text string) {
	t.Helper()
	must(t, os.WriteFile(file+"~", []byte(text), 0o644))
	must(t, os.Rename(file+"~", file))
}

// relink points a link elsewhere, at once.
func relink(t *testing.T, target, link string) {
	t.Helper()
	must(t, os.Symlink(target, link+"_new"))
	must(t, os.Rename(link+"_new", link))
}

func TestWatchFiles(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.rego": "1"})
	w := watch(t, dir)
	w.next(t, "a.rego=1")
	replace(t, filepath.Join(dir, "a.rego"), "2")
	w.next(t, "a.rego=2")
	write(t, dir, map[string]string{"b/c/b.rego": "3"})
	w.until(t, "a.rego=2 b/c/b.rego=3")
	write(t, dir, map[string]string{"b/c/b.rego": "4"})
	w.until(t, "a.rego=2 b/c/b.rego=4")
	must(t, os.Rename(filepath.Join(dir, "b"), filepath.Join(dir, "d")))
	w.until(t, "a.rego=2 d/c/b.rego=4")
	replace(t, filepath.Join(dir, "d/c/b.rego"), "5")
	w.until(t, "a.rego=2 d/c/b.rego=5")
	must(t, os.RemoveAll(filepath.Join(dir, "d")))
	w.until(t, "a.rego=2")
}

// What Read leaves out is not told, nor is a change that changes nothing.
func TestWatchIgnores(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"a.rego": "1"})
	w := watch(t, dir)
	w.next(t, "a.rego=1")
	write(t, dir, map[string]string{".a.rego.swp": "x", ".git/a.rego": "x", "a.rego~": "x", "notes.txt": "x"})
	replace(t, filepath.Join(dir, "a.rego"), "1")
	replace(t, filepath.Join(dir, "a.rego"), "2")
	w.next(t, "a.rego=2")
}

// A directory may be missing, and may go and come again; its parents too.
func TestWatchDirectoryComesAndGoes(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "etc", "pack")
	w := watch(t, dir)
	missing := "read policy directory " + dir + ": no such file or directory"
	w.next(t, missing)
	for _, gone := range []string{dir, filepath.Dir(dir)} {
		write(t, dir, map[string]string{"a.rego": "1"})
		w.until(t, "a.rego=1")
		write(t, dir, map[string]string{"a.rego": "2"})
		w.until(t, "a.rego=2")
		must(t, os.RemoveAll(gone))
		w.until(t, missing)
	}
	must(t, os.WriteFile(filepath.Dir(dir), nil, 0o600))
	w.until(t, ": not a directory")
	must(t, os.Remove(filepath.Dir(dir)))
	w.until(t, missing)
}

// A directory that is replaced by another one is watched as the new one.
func TestWatchDirectoryIsReplaced(t *testing.T) {
	root := t.TempDir()
	dir, next := filepath.Join(root, "pack"), filepath.Join(root, "next")
	write(t, dir, map[string]string{"a/a.rego": "1"})
	write(t, next, map[string]string{"a/a.rego": "2"})
	w := watch(t, dir)
	w.next(t, "a/a.rego=1")
	must(t, os.Rename(dir, filepath.Join(root, "before")))
	must(t, os.Rename(next, dir))
	w.until(t, "a/a.rego=2")
	write(t, root, map[string]string{"before/a/a.rego": "x"})
	replace(t, filepath.Join(dir, "a/a.rego"), "3")
	w.next(t, "a/a.rego=3")
}

// Kubernetes mounts a ConfigMap as links to ..data, which is a link to a folder, and swaps ..data.
func TestWatchConfigMap(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{"..1/data.yaml": "1", "..1/x/a.rego": "1", "..2/data.yaml": "2", "..2/x/a.rego": "2", "..3/data.yaml": "3", "..3/x/a.rego": "3"})
	must(t, os.Symlink("..1", filepath.Join(dir, "..data")))
	must(t, os.Symlink("..data/data.yaml", filepath.Join(dir, "data.yaml")))
	must(t, os.Symlink("..data/x", filepath.Join(dir, "x")))
	w := watch(t, dir)
	w.next(t, "data.yaml=1 x/a.rego=1")
	for _, n := range []string{"2", "3"} {
		relink(t, ".."+n, filepath.Join(dir, "..data"))
		w.next(t, "data.yaml="+n+" x/a.rego="+n)
	}
}

// A link on the way to the directory may be pointed elsewhere, and so may a link that it holds.
func TestWatchLinks(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"v1/pack/a.rego": "1", "v2/pack/a.rego": "2", "common/b.rego": "3", "common/c.rego": "4"})
	must(t, os.Symlink("v1", filepath.Join(root, "current")))
	must(t, os.Symlink("../../common/b.rego", filepath.Join(root, "v2/pack/b.rego")))
	w := watch(t, filepath.Join(root, "current", "pack"))
	w.next(t, "a.rego=1")
	relink(t, filepath.Join(root, "v2"), filepath.Join(root, "current"))
	w.next(t, "a.rego=2 b.rego=3")
	replace(t, filepath.Join(root, "common/b.rego"), "5")
	w.next(t, "a.rego=2 b.rego=5")
	relink(t, "../../common/c.rego", filepath.Join(root, "v2/pack/b.rego"))
	w.until(t, "a.rego=2 b.rego=4")
	must(t, os.Symlink("..", filepath.Join(root, "v2/pack/up")))
	w.until(t, "is a link leading back?")
	must(t, os.Remove(filepath.Join(root, "v2/pack/up")))
	w.until(t, "a.rego=2 b.rego=4")
}

// Whatever is made while the watch looks is seen, and watched from then on.
func TestWatchMissesNothing(t *testing.T) {
	dir := t.TempDir()
	w := watch(t, dir)
	for round := range 3 {
		var want []string
		for n := range 40 {
			name := fmt.Sprintf("d%02d/e/a.rego", n)
			write(t, dir, map[string]string{name: fmt.Sprint(round)})
			want = append(want, fmt.Sprintf("%s=%d", name, round))
		}
		w.until(t, strings.Join(want, " "))
	}
}

// Layers are directories or single files, and all of them are watched.
func TestWatchLayers(t *testing.T) {
	root := t.TempDir()
	dir, file := filepath.Join(root, "pack"), filepath.Join(root, "etc", "site.yaml")
	write(t, root, map[string]string{"pack/a.rego": "1", "etc/site.yaml": "2", "etc/other.yaml": "x"})
	show := func() string {
		layer, err := policydir.ReadLayer(file)
		if err != nil {
			return show(dir) + " | " + filepath.Base(err.Error())
		}
		return show(dir) + " | data.yaml=" + string(layer["data.yaml"])
	}
	w := make(watched, 1000)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- policydir.Watch(ctx, func() { w <- show() }, dir, file) }()
	w.next(t, "a.rego=1 | data.yaml=2")
	write(t, root, map[string]string{"etc/other.yaml": "y"})
	replace(t, file, "3")
	w.next(t, "a.rego=1 | data.yaml=3")
	replace(t, filepath.Join(dir, "a.rego"), "4")
	w.next(t, "a.rego=4 | data.yaml=3")
	must(t, os.RemoveAll(filepath.Dir(file)))
	w.until(t, "no such file or directory")
	write(t, root, map[string]string{"etc/site.yaml": "5"})
	w.until(t, "a.rego=4 | data.yaml=5")
	must(t, os.Remove(file))
	write(t, root, map[string]string{"etc/site.yaml/data.yaml": "6"}) // a directory in its place
	w.until(t, "a.rego=4 | data.yaml=6")
	cancel()
	must(t, <-ended)
}

func TestReadLayer(t *testing.T) {
	root := t.TempDir()
	write(t, root, map[string]string{"a.rego": "1", "b.yml": "2", "c.json": "3", "d.txt": "4", "e/data.yaml": "5"})
	for name, want := range map[string]string{"a.rego": "a.rego=1", "b.yml": "data.yml=2", "c.json": "data.json=3", "e": "data.yaml=5"} {
		files, err := policydir.ReadLayer(filepath.Join(root, name))
		if err != nil || len(files) != 1 {
			t.Errorf("%s: %v, %v", name, files, err)
		}
		for got, text := range files {
			if got+"="+string(text) != want {
				t.Errorf("%s: got %s=%s, want %s", name, got, text, want)
			}
		}
	}
	for name, want := range map[string]string{"d.txt": "neither a directory nor a .rego", "f": "no such file"} {
		if _, err := policydir.ReadLayer(filepath.Join(root, name)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

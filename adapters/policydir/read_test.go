package policydir_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"statemanager/adapters/policydir"
)

// write makes files, and their folders, below dir.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		must(t, os.WriteFile(p, []byte(text), 0o644))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// show is what Read returns, in one line.
func show(dir string) string {
	files, err := policydir.Read(dir)
	if err != nil {
		return err.Error()
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		out = append(out, name+"="+string(files[name]))
	}
	return strings.Join(out, " ")
}

func TestRead(t *testing.T) {
	root := t.TempDir()
	dir, elsewhere := filepath.Join(root, "pack"), filepath.Join(root, "elsewhere")
	write(t, elsewhere, map[string]string{"b.rego": "6", "c/c.rego": "7"})
	write(t, dir, map[string]string{
		"a.rego": "1", "data.yaml": "2", "reasons/data.json": "3", "more.yml": "4", // the evaluator warns of the last
		"README.md": "x", ".a.rego": "x", ".git/a.rego": "x", "a.rego~": "x", "#a.rego#": "x", ".a.rego.swp": "x", "4913": "x", "a.rego.bak": "x",
	})
	must(t, os.Symlink("../elsewhere/b.rego", filepath.Join(dir, "b.rego")))
	must(t, os.Symlink("../elsewhere/c", filepath.Join(dir, "c")))
	must(t, os.Symlink("root@host:1", filepath.Join(dir, "#lock"))) // as editors do
	must(t, os.Symlink("pack", filepath.Join(root, "current")))
	for _, d := range []string{dir, filepath.Join(root, "current")} {
		if got, want := show(d), "a.rego=1 b.rego=6 c/c.rego=7 data.yaml=2 more.yml=4 reasons/data.json=3"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// What cannot be read names the directory, the file and what is wrong (issue: a policy directory that is missing or empty).
func TestReadRefuses(t *testing.T) {
	big := strings.Repeat("x", policydir.MaxFile)
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string)
		want string
	}{
		"missing":     {func(*testing.T, string) {}, "no such file or directory"},
		"no folder":   {func(t *testing.T, dir string) { must(t, os.WriteFile(dir, nil, 0o600)) }, "not a directory"},
		"empty":       {func(t *testing.T, dir string) { must(t, os.Mkdir(dir, 0o755)) }, "it has no .rego and no .yaml file"},
		"only hidden": {func(t *testing.T, dir string) { write(t, dir, map[string]string{".x/a.rego": "", "b.txt": ""}) }, "it has no .rego and no .yaml file"},
		"large file":  {func(t *testing.T, dir string) { write(t, dir, map[string]string{"x/a.rego": big + "x"}) }, "x/a.rego is larger than 1048576 bytes"},
		"large in all": {func(t *testing.T, dir string) {
			for n := range policydir.MaxTotal/policydir.MaxFile + 1 {
				write(t, dir, map[string]string{string(rune('a'+n)) + ".rego": big})
			}
		}, "b.rego: all files together are larger than 1048576 bytes"},
		"leads back": {func(t *testing.T, dir string) {
			write(t, dir, map[string]string{"a.rego": ""})
			must(t, os.Symlink(".", filepath.Join(dir, "again")))
			must(t, os.Symlink(".", filepath.Join(dir, "again2")))
		}, "is a link leading back?"},
		"dangling": {func(t *testing.T, dir string) {
			write(t, dir, map[string]string{"a.rego": ""})
			must(t, os.Symlink("nowhere", filepath.Join(dir, "b.rego")))
		}, "b.rego: no such file or directory"},
		"no file": {func(t *testing.T, dir string) {
			write(t, dir, map[string]string{"a.rego": ""})
			must(t, syscall.Mkfifo(filepath.Join(dir, "b.rego"), 0o600))
		}, "b.rego is not a regular file"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pack")
			c.make(t, dir)
			if got := show(dir); !strings.HasPrefix(got, "read policy directory "+dir+": ") || !strings.HasSuffix(got, c.want) {
				t.Errorf("got %s, want ...%s", got, c.want)
			}
		})
	}
}

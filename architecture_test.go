package statemanager_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "statemanager"

// source is a Go file of the module.
type source struct {
	path, dir string // relative to the root, with slashes
	test      bool
	ast       *ast.File
	imports   []string
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || hasModule(p)):
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(p) != ".go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, 0)
		if err != nil {
			return fmt.Errorf("parse %s: %w", p, err)
		}
		s := source{path: filepath.ToSlash(p), ast: f, test: strings.HasSuffix(p, "_test.go")}
		s.dir = path.Dir(s.path)
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return fmt.Errorf("read import of %s: %w", p, err)
			}
			s.imports = append(s.imports, name)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func hasModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// forbidden are the packages of the standard library that would make the engine impure: it has no goroutine, no I/O, no
// log, no chance and no clock.
var forbidden = []string{"bufio", "context", "crypto/rand", "io", "io/fs", "log", "log/slog", "math/rand", "math/rand/v2", "net", "os",
	"os/exec", "os/signal", "path/filepath", "runtime", "sync", "sync/atomic", "syscall", "testing", "unsafe"}

// clocks are what time has besides values.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTicker", "NewTimer", "Local", "LoadLocation"}

// TestEngineIsPure: the engine imports only the standard library, and of that nothing that blocks, shares or measures;
// it starts no goroutine and reads no clock.
func TestEngineIsPure(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if s.dir != "engine" || s.test {
			continue
		}
		seen++
		for _, i := range s.imports {
			if first, _, _ := strings.Cut(i, "/"); strings.Contains(first, ".") || first == module {
				t.Errorf("%s imports %s: the engine imports the standard library alone", s.path, i)
			}
			if slices.Contains(forbidden, i) || strings.HasPrefix(i, "net/") {
				t.Errorf("%s imports %s: the engine is pure", s.path, i)
			}
		}
		for _, what := range impurities(s.ast) {
			t.Errorf("%s: %s: the engine is pure", s.path, what)
		}
	}
	if seen == 0 {
		t.Error("found no file of the engine")
	}
}

// impurities are goroutines, channels and clocks.
func impurities(f *ast.File) (out []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			out = append(out, "a goroutine")
		case *ast.ChanType, *ast.SelectStmt, *ast.SendStmt:
			out = append(out, "a channel")
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clocks, n.Sel.Name) {
				out = append(out, "time."+n.Sel.Name)
			}
		}
		return true
	})
	return out
}

// TestImpurities: the test above can fail.
func TestImpurities(t *testing.T) {
	for _, body := range []string{"go f()", "<-make(chan int)", "select {}", "time.Sleep(1)", "_ = time.Now()"} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() {"+body+"}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(impurities(f)) == 0 {
			t.Errorf("%s passes as pure", body)
		}
	}
}

// TestImports: policies decide, the evaluator asks, the engine sequences, adapters do, cmd joins them. Who may import whom:
// the engine nobody, the evaluator and the adapters the engine and the runner's ports but never each other, cmd all.
func TestImports(t *testing.T) {
	for _, s := range sources(t) {
		for _, i := range s.imports {
			if to, ours := strings.CutPrefix(i, module+"/"); ours && !allowed(s.dir, to, s.test) {
				t.Errorf("%s imports %s", s.path, to)
			}
		}
	}
}

// allowed says whether a file of a package may import another of ours.
func allowed(from, to string, test bool) bool {
	within := func(dir string, roots ...string) bool {
		return slices.ContainsFunc(roots, func(r string) bool { return dir == r || strings.HasPrefix(dir, r+"/") })
	}
	switch {
	case from == to: // its external test package
		return true
	case within(from, "cmd", "examples"):
		return !within(to, "cmd") || within(to, from)
	case from == "engine":
		return false
	case from == "engine/runner":
		return to == "engine" || test && within(to, "engine/enginetest", "adapters/inmem")
	case from == "engine/enginetest":
		return within(to, "engine/runner") || to == "engine"
	case within(from, "evaluator"):
		return to == "engine" || within(to, "evaluator") || test && within(to, "policies", "engine/enginetest")
	case from == "adapters/adaptertest":
		return within(to, "engine", "adapters", "proto")
	case within(from, "adapters"):
		return to == "engine" || to == "engine/runner" || within(to, "adapters/wire", "proto", from) || test && within(to, "adapters/adaptertest", "adapters/inmem", "adapters/down", "policies")
	case within(from, "policies"): // it is data; its tests hold it against the facts of the engine
		return test && to == "engine"
	case within(from, "proto"):
		return within(to, "proto")
	}
	return from == "." && test
}

// TestAllowed: the rules say what they mean.
func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"engine", "engine/runner", false}, {"engine", "evaluator", false}, {"engine", "adapters/wire", false},
		{"engine/runner", "engine", true}, {"engine/runner", "adapters/etcd", false},
		{"evaluator", "engine", true}, {"evaluator", "adapters/etcd", false}, {"evaluator", "policies", false},
		{"adapters/etcd", "engine/runner", true}, {"adapters/etcd", "adapters/wire", true}, {"adapters/etcd", "adapters/inmem", false},
		{"adapters/etcd", "evaluator", false}, {"adapters/etcd", "proto/store/v1", true}, {"adapters/wire", "engine", true},
		{"policies", "engine", false}, {"cmd/statemanager", "adapters/etcd", true}, {"cmd/statemanager", "evaluator", true},
	} {
		if got := allowed(c.from, c.to, false); got != c.want {
			t.Errorf("may %s import %s? %v, want %v", c.from, c.to, got, c.want)
		}
	}
}

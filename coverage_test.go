package statemanager_test

import (
	"go/ast"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A row of docs/design-coverage.md: | `name` | where it is: `engine.Engine.Step`, `rpc StateManager.QueryState`, `policy
// planning.plan`, `cmd watch` | `TestName` or `transcript name` |
var (
	coverageRow = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.*) \\| (.*) \\|$")
	quoted      = regexp.MustCompile("`([^`]+)`")
)

// TestDesignCoverage holds that each name of the design document (docs/design-names.txt) has a row, that no row has another
// name, and that what a row points at exists.
func TestDesignCoverage(t *testing.T) {
	doc := read(t, "docs/design-coverage.md")
	names := strings.Fields(read(t, "docs/design-names.txt"))
	known := symbols(t)
	var rows []string
	for _, m := range coverageRow.FindAllStringSubmatch(doc, -1) {
		name, here, seen := m[1], m[2], m[3]
		if rows = append(rows, name); !slices.Contains(names, name) {
			t.Errorf("row %s: the design document has no such name", name)
		}
		for _, column := range []string{here, seen} {
			refs := quoted.FindAllStringSubmatch(column, -1)
			if len(refs) == 0 {
				t.Errorf("row %s: %q points at nothing", name, column)
			}
			for _, r := range refs {
				if !known[r[1]] {
					t.Errorf("row %s: there is no %s", name, r[1])
				}
			}
		}
	}
	for _, name := range names {
		if !slices.Contains(rows, name) {
			t.Errorf("%s of the design document has no row", name)
		}
	}
}

// symbols are all that a row may point at.
func symbols(t *testing.T) map[string]bool {
	known := map[string]bool{}
	for _, s := range sources(t) {
		for _, d := range s.ast.Decls {
			declared(known, path.Base(s.dir)+".", s.test, d)
		}
	}
	rego := regexp.MustCompile(`(?m)^(?:default )?([a-z_]+)\b.*(?::=|contains|if)`)
	rpc := regexp.MustCompile(`(?m)^(?:service (\w+)|  rpc (\w+))`)
	use := regexp.MustCompile(`Use: +"([a-z]+)(?: ([a-z]+))?`)
	walk(t, func(file, text string) {
		switch {
		case strings.HasSuffix(file, ".rego") && !strings.HasSuffix(file, "_test.rego"):
			for _, m := range rego.FindAllStringSubmatch(text, -1) {
				known["policy "+path.Base(path.Dir(file))+"."+m[1]] = true
			}
		case strings.HasSuffix(file, ".proto"):
			service := ""
			for _, m := range rpc.FindAllStringSubmatch(text, -1) {
				if service += m[1]; m[1] != "" {
					service = m[1]
				}
				known["rpc "+service+"."+m[2]] = true
			}
		case strings.HasPrefix(file, "cmd/statemanager/") && strings.HasSuffix(file, ".go"):
			for _, m := range use.FindAllStringSubmatch(text, -1) {
				known["cmd "+m[1]] = true
			}
		case strings.HasPrefix(file, "engine/enginetest/testdata/"):
			known["transcript "+strings.TrimSuffix(path.Base(file), ".txt")] = true
		}
	})
	return known
}

// declared adds what a declaration declares: PACKAGE.Name, PACKAGE.Type.Method and PACKAGE.Type.Field; tests by their bare names.
func declared(known map[string]bool, pkg string, test bool, d ast.Decl) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		switch {
		case test && strings.HasPrefix(name, "Test"), test && strings.HasPrefix(name, "Benchmark"):
			known[name] = true
		case d.Recv != nil:
			of := d.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			if id, ok := of.(*ast.Ident); ok {
				known[pkg+id.Name+"."+name] = true
			}
		default:
			known[pkg+name] = true
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				known[pkg+s.Name.Name] = true
				if x, ok := s.Type.(*ast.StructType); ok {
					for _, f := range x.Fields.List {
						for _, n := range f.Names {
							known[pkg+s.Name.Name+"."+n.Name] = true
						}
					}
				}
			case *ast.ValueSpec:
				for _, n := range s.Names {
					known[pkg+n.Name] = true
				}
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// walk shows the files of the repository.
func walk(t *testing.T, show func(file, text string)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != "." && (strings.HasPrefix(d.Name(), ".") || p == "bin" || p == "data"):
			return fs.SkipDir
		case !d.IsDir() && slices.Contains([]string{".rego", ".proto", ".go", ".txt"}, path.Ext(p)):
			show(p, read(t, p))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

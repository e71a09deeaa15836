package engine_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The README says of each file what it holds.
func TestReadmeListsFiles(t *testing.T) {
	text, err := os.ReadFile("README.md")
	files, globErr := filepath.Glob("*.go")
	if err != nil || globErr != nil {
		t.Fatal(err, globErr)
	}
	for _, file := range files {
		name := strings.TrimSuffix(file, ".go")
		if !strings.HasSuffix(name, "_test") && !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("README.md does not list %s", file)
		}
	}
}

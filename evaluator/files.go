package evaluator

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Files are the contents of a pack, by slash-separated path from its root.
type Files map[string][]byte

// Digest is the hex sha256 over the sorted names and their contents. It is the revision of the pack.
func (f Files) Digest() string {
	h := sha256.New()
	for _, name := range f.names() {
		fmt.Fprintf(h, "%d %s %d ", len(name), name, len(f[name])) // lengths, so that no two packs read the same
		h.Write(f[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (f Files) names() []string { return slices.Sorted(maps.Keys(f)) }

// line is the first line from row `from` on that contains text; from if there is none.
func (f Files) line(name string, from int, text string) int {
	lines := strings.Split(string(f[name]), "\n")
	for i := max(from, 1); i <= len(lines); i++ {
		if strings.Contains(lines[i-1], text) {
			return i
		}
	}
	return from
}

func isRego(name string) bool { return path.Ext(name) == ".rego" }
func isTest(name string) bool { return strings.HasSuffix(name, "_test.rego") }

// isData says whether OPA's bundle mode reads a file as data: it reads no other names.
func isData(name string) bool {
	base := path.Base(name)
	return base == "data.yaml" || base == "data.yml" || base == "data.json"
}

package evaluator

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// Files are the contents of a pack, by slash-separated path from its root; with layers, what Stack makes.
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

// names are the files of the pack, sorted, then those of each layer.
func (f Files) names() []string {
	layers := f.layers()
	level := func(name string) int { layer, _ := within(name, layers); return slices.Index(layers, layer) }
	return slices.SortedFunc(maps.Keys(f), func(a, b string) int {
		return cmp.Or(cmp.Compare(level(a), level(b)), cmp.Compare(a, b))
	})
}

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
	base := name[strings.LastIndexAny(name, "/:")+1:]
	return base == "data.yaml" || base == "data.yml" || base == "data.json"
}

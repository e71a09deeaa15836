// Package policies is the default policy pack, as it is built into the binary.
package policies

import (
	"embed"
	"io/fs"
)

// FS holds the rules, their tests and the tables of the pack, laid out as its directory is.
//
//go:embed *.rego */*.rego data.yaml */data.yaml
var FS embed.FS

// Files are the contents of the pack's files, tests included, by slash-separated path from the root of the pack. The
// map is the caller's.
func Files() map[string][]byte {
	files := map[string][]byte{}
	err := fs.WalkDir(FS, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files[path], err = FS.ReadFile(path)
		return err
	})
	if err != nil {
		panic(err) // what was embedded when this was built can be read
	}
	return files
}

// Package policydir reads a directory of policy files and tells when it has changed.
package policydir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Limits of what is read: a mistake in the configuration must not fill the memory.
const (
	MaxFile  = 1 << 20 // bytes of one file
	MaxTotal = 1 << 20 // bytes of all files: a store takes hardly more at once
	maxDepth = 16      // folders in folders; a link that leads back is deeper
)

// Read takes a snapshot of the policy files below dir, by slash-separated path: *.rego, and YAML and JSON, of which the
// evaluator says what is data. Hidden files and folders are left out, and so are those that editors leave behind; links
// are followed. A directory that is missing or has no such file is an error, which names it.
func Read(dir string) (map[string][]byte, error) {
	root, err := filepath.EvalSymlinks(dir) // once, so that a swap of the link does not mix two directories
	if err != nil {
		return nil, fmt.Errorf("read policy directory %s: %w", dir, reason(err))
	}
	r := reader{files: map[string][]byte{}}
	if err := r.folder(root, ""); err != nil {
		return nil, fmt.Errorf("read policy directory %s: %w", dir, err)
	}
	if len(r.files) == 0 {
		return nil, fmt.Errorf("read policy directory %s: it has no .rego and no .yaml file", dir)
	}
	return r.files, nil
}

// ReadLayer takes a snapshot of what a site lays over a pack: a directory as Read does, or a single file. That is its own
// name if it is *.rego, and data.yaml or data.json if it is data, whatever it is called.
func ReadLayer(p string) (map[string][]byte, error) {
	info, err := os.Stat(p)
	if err != nil || info.IsDir() {
		return Read(p)
	}
	name := filepath.Base(p)
	switch ext := path.Ext(name); {
	case !isPolicy(name) || !info.Mode().IsRegular():
		return nil, fmt.Errorf("read policy layer %s: it is neither a directory nor a .rego, .yaml or .json file", p)
	case ext != ".rego":
		name = "data" + ext
	}
	r := reader{files: map[string][]byte{}}
	if err := r.file(p, name); err != nil {
		return nil, fmt.Errorf("read policy layer %s: %w", p, err)
	}
	return r.files, nil
}

type reader struct {
	files map[string][]byte
	total int
}

func (r *reader) folder(root, rel string) error {
	if strings.Count(rel, "/") >= maxDepth {
		return fmt.Errorf("%s: folders are nested deeper than %d: is a link leading back?", rel, maxDepth)
	}
	entries, err := os.ReadDir(filepath.Join(root, filepath.FromSlash(rel)))
	switch {
	case err != nil && rel == "":
		return reason(err)
	case err != nil:
		return fmt.Errorf("%s: %w", rel, reason(err))
	}
	for _, e := range entries {
		name := path.Join(rel, e.Name())
		if hidden(e.Name()) {
			continue
		}
		if err := r.entry(root, name); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) entry(root, name string) error {
	file := filepath.Join(root, filepath.FromSlash(name))
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && !isPolicy(name): // a link to nowhere, such as an editor's lock
		return nil
	case err != nil:
		return fmt.Errorf("%s: %w", name, reason(err))
	case info.IsDir():
		return r.folder(root, name)
	case !isPolicy(name):
		return nil
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is not a regular file", name)
	}
	return r.file(file, name)
}

func (r *reader) file(file, name string) error {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return fmt.Errorf("%s: %w", name, reason(err))
	}
	if len(text) > MaxFile {
		return fmt.Errorf("%s is larger than %d bytes", name, MaxFile)
	}
	if r.total += len(text); r.total > MaxTotal {
		return fmt.Errorf("%s: all files together are larger than %d bytes", name, MaxTotal)
	}
	r.files[name] = text
	return nil
}

func hidden(name string) bool { return strings.HasPrefix(name, ".") }

// isPolicy says whether a file of that name can be a part of a pack, or was meant to be one.
func isPolicy(name string) bool {
	switch path.Ext(name) {
	case ".rego", ".yaml", ".yml", ".json":
		return true
	}
	return false
}

// reason is an error of the file system without the path, which the caller says in its own words.
func reason(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

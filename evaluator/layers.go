package evaluator

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Layer is what a site lays over a pack: rules are added, data is merged as RFC 7386 says (a value replaces, null
// removes). The files of a layer stand beside those of the pack as NAME:PATH, which is how places name it.
type Layer struct {
	Name  string
	Files Files
}

// layersFile names the layers of a pack in their order, one a line. Hidden files are no part of a directory of policy, so
// it meets none of them.
const layersFile = ".layers"

// Stack lays layers over a pack, the last one on top. The revision of what it makes covers them all. Names of layers may
// stand once, and have no colon.
func Stack(base Files, layers ...Layer) (Files, error) {
	if len(layers) == 0 {
		return base, nil
	}
	out := maps.Clone(base)
	var names []string
	for _, l := range layers {
		switch {
		case l.Name == "" || strings.ContainsAny(l.Name, ":\n"):
			return nil, fmt.Errorf("layer %q: a layer has a name without a colon", l.Name)
		case slices.Contains(names, l.Name):
			return nil, fmt.Errorf("two layers are named %s: their files could not be told apart; rename one", l.Name)
		}
		names = append(names, l.Name)
		for name, text := range l.Files {
			out[l.Name+":"+name] = text
		}
	}
	out[layersFile] = []byte(strings.Join(names, "\n"))
	return out, nil
}

// layers are the names of the layers, the lowest first.
func (f Files) layers() []string {
	text, ok := f[layersFile]
	if !ok {
		return nil
	}
	return strings.Split(string(text), "\n")
}

// base are the files of the pack without its layers.
func (f Files) base() Files {
	layers, out := f.layers(), Files{}
	for name, text := range f {
		if layer, _ := within(name, layers); layer == "" && name != layersFile {
			out[name] = text
		}
	}
	return out
}

// within is the layer of a file, "" for the pack itself, and the path there.
func within(name string, layers []string) (layer, inner string) {
	if head, rest, ok := strings.Cut(name, ":"); ok && slices.Contains(layers, head) {
		return head, rest
	}
	return "", name
}

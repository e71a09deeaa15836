package main

import (
	"fmt"
	"strings"
)

// together holds what the daemon, which takes one service at a time, sees too late: a service that stands there twice,
// and a circle of dependencies among those of a file.
func together(all []fileSpec) error {
	g := graph{map[string]fileSpec{}, map[string]bool{}}
	for _, f := range all {
		id := idText(f.ResourceId)
		if first, ok := g.specs[id]; ok {
			return fmt.Errorf("%s: %s stands there twice, first at %s; take one of them out", f.at, id, first.at)
		}
		g.specs[id] = f
	}
	for _, f := range all {
		if err := g.walk(idText(f.ResourceId), nil); err != nil {
			return err
		}
	}
	return nil
}

// graph is the services of a file, and those from which no circle is reached.
type graph struct {
	specs map[string]fileSpec
	well  map[string]bool
}

// walk follows the dependencies of a service that is reached by a way.
func (g graph) walk(id string, way []string) error {
	f, ok := g.specs[id]
	if !ok || g.well[id] {
		return nil
	}
	for i := range way {
		if way[i] == id {
			return g.circle(append(way[i:], id))
		}
	}
	for _, d := range f.Spec.GetDependencies() {
		if err := g.walk(idText(d), append(way, id)); err != nil {
			return err
		}
	}
	g.well[id] = true
	return nil
}

func (g graph) circle(way []string) error {
	steps := make([]string, len(way))
	for i, id := range way {
		steps[i] = fmt.Sprintf("%s (%s)", id, g.specs[id].at)
	}
	return fmt.Errorf("%s: its dependencies are a circle: %s; take one of them out", g.specs[way[0]].at, strings.Join(steps, " needs "))
}

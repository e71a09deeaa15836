package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// keyError is an error of the value of a key of the configuration, such as nodes[1].id, or of a flag.
type keyError struct {
	key string
	error
}

func (e keyError) Error() string { return e.key + ": " + e.error.Error() }
func (e keyError) Unwrap() error { return e.error }

// keyed is a usage error of the value of a key.
func keyed(key, format string, args ...any) error {
	return usageError{keyError{key, fmt.Errorf(format, args...)}}
}

// source is the text of a configuration, in which its keys stand.
type source struct {
	file string
	raw  []byte
}

// place puts where the value comes from before an error of a key; other errors stay as they are.
func (s source) place(err error) error {
	var e keyError
	if !errors.As(err, &e) {
		return err
	}
	return usagef("%s: %w", s.of(e.key), err)
}

// of is where the value of a key comes from: an environment variable, FILE:LINE, or FILE where nothing of the key stands
// in it.
func (s source) of(key string) string {
	name, _, _ := strings.Cut(strings.ToUpper(strings.ReplaceAll(key, ".", "_")), "[") // a variable sets a whole list
	if _, set := os.LookupEnv(envPrefix + name); set {
		return "environment variable " + envPrefix + name
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(s.raw, &doc); err == nil && len(doc.Content) > 0 {
		if line := lineOfKey(doc.Content[0], key); line > 0 {
			return fmt.Sprintf("%s:%d", s.file, line)
		}
	}
	return s.file
}

// keyStep is a name or an index of a key.
var keyStep = regexp.MustCompile(`[^.\[\]]+`)

// lineOfKey is the line of the value of a key, or of the innermost one around it that is there; 0 if none is.
func lineOfKey(n *yaml.Node, key string) (line int) {
	for _, step := range keyStep.FindAllString(key, -1) {
		if n = child(n, step); n == nil {
			return line
		}
		line = n.Line
	}
	return line
}

// child is the value of a name or an index; nil if there is none.
func child(n *yaml.Node, step string) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i < len(n.Content) {
			return n.Content[i]
		}
	}
	return nil
}

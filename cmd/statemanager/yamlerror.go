package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	// yamlLine is how the YAML library words the line of an error.
	yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): `)
	// unknownKey is how it words an unknown key.
	unknownKey = regexp.MustCompile(`^field (\S+) not found in type \S+$`)
	// wrongType is how it words a value of another type.
	wrongType = regexp.MustCompile(`^cannot unmarshal !!\w+ into (\S+)$`)
	// repeatedValue is where it repeats a value, or a key that is no scalar: either may be a secret.
	repeatedValue = regexp.MustCompile("(?s) `.*`| '.*'|: (map\\[|\\[\\]).*")
)

// yamlTypes are Go's types in the words of those who write YAML; the others are mappings.
var yamlTypes = map[string]string{
	"time.Duration": "a duration such as 10s", "bool": "true or false", "string": "a text", "[]string": "a list of texts",
	"[]main.NodeConfig": "a list of mappings",
}

// yamlError words an error of the YAML library as FILE:LINE: what is wrong. Values that were wrong are not repeated.
func yamlError(file string, err error) error {
	texts := []string{err.Error()}
	var several *yaml.TypeError
	if errors.As(err, &several) {
		texts = several.Errors
	}
	var out []error
	for _, text := range texts {
		out = append(out, yamlFault(file, repeatedValue.ReplaceAllString(text, "")))
	}
	return errors.Join(out...)
}

func yamlFault(file, text string) error {
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		file, text = file+":"+m[1], text[len(m[0]):]
	}
	if m := unknownKey.FindStringSubmatch(text); m != nil {
		return fmt.Errorf("%s: unknown key %q", file, m[1])
	}
	if m := wrongType.FindStringSubmatch(text); m != nil {
		want := yamlTypes[m[1]]
		return fmt.Errorf("%s: the value must be %s", file, orElse(want, "a mapping of keys to values"))
	}
	return fmt.Errorf("%s: %s", file, strings.TrimPrefix(text, "yaml: "))
}

// compoundKey is the first key that is no scalar at or below a node; nil if there is none. The YAML library tells no line
// of such a key, but its value.
func compoundKey(n *yaml.Node) *yaml.Node {
	for i, c := range n.Content {
		plain := c
		if c.Kind == yaml.AliasNode {
			plain = c.Alias
		}
		if n.Kind == yaml.MappingNode && i%2 == 0 && plain.Kind != yaml.ScalarNode {
			return c
		}
		if k := compoundKey(c); k != nil {
			return k
		}
	}
	return nil
}

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"

	pb "statemanager/proto/statemanager/v1"
)

// maxServiceFile bounds what apply reads, in bytes.
const maxServiceFile = 1 << 20

// serviceDoc is one document of a service file.
type serviceDoc struct {
	Kind      string    `yaml:"kind"`
	Namespace string    `yaml:"namespace"`
	Name      placed    `yaml:"name"`
	Spec      yaml.Node `yaml:"spec"`
}

// placed is a text with its line.
type placed struct {
	text string
	line int
}

// UnmarshalYAML is the YAML library's.
func (p *placed) UnmarshalYAML(n *yaml.Node) error {
	p.line = n.Line
	return n.Decode(&p.text)
}

// fileSpec is a service of a file, at FILE:LINE.
type fileSpec struct {
	*pb.StateUpdateRequest
	at string
}

// readServices reads a service file; "-" is standard input.
func readServices(file string, stdin io.Reader) ([]fileSpec, error) {
	in := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, usagef("read service file: %w", err)
		}
		defer f.Close()
		in = f
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxServiceFile+1))
	if err != nil {
		return nil, usagef("read service file %s: %w", file, err)
	}
	if len(raw) > maxServiceFile {
		return nil, usagef("%s: larger than %d bytes", file, maxServiceFile)
	}
	out, err := parseServices(file, raw)
	if err != nil {
		return nil, usageError{err}
	}
	return out, nil
}

// parseServices reads every document of a file, strictly: an unknown key is an error with its line. Then it looks at all
// of them together.
func parseServices(file string, raw []byte) (out []fileSpec, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(raw))
	dec.KnownFields(true)
	for {
		var d serviceDoc
		if err := dec.Decode(&d); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, yamlError(file, err)
		}
		r, err := d.request(file)
		if err != nil {
			return nil, err
		}
		out = append(out, fileSpec{r, fmt.Sprintf("%s:%d", file, d.Name.line)})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s: no service in it; a service has name, namespace (default: default) and spec", file)
	}
	return out, together(out)
}

func (d *serviceDoc) request(file string) (*pb.StateUpdateRequest, error) {
	switch {
	case d.Kind != "" && d.Kind != "service":
		return nil, fmt.Errorf("%s: kind %q is unknown; the only kind is service", file, d.Kind)
	case d.Name.text == "":
		return nil, fmt.Errorf("%s: a service without a name", file)
	case d.Spec.Kind == 0:
		return nil, fmt.Errorf("%s: service %s has no spec", file, d.Name.text)
	}
	d.Namespace = cmp.Or(d.Namespace, "default")
	spec := &pb.ServiceSpec{}
	if err := conform(file, &d.Spec, spec.ProtoReflect().Descriptor()); err != nil {
		return nil, err
	}
	if k := compoundKey(&d.Spec); k != nil {
		return nil, fmt.Errorf("%s:%d: spec: a key must be a single value", file, k.Line)
	}
	var value any
	if err := d.Spec.Decode(&value); err != nil {
		return nil, yamlError(file, err)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("%s:%d: spec: its keys must be strings", file, d.Spec.Line)
	}
	if err := protojson.Unmarshal(raw, spec); err != nil {
		return nil, fmt.Errorf("%s:%d: spec: %s", file, d.Spec.Line, protoReason(err))
	}
	for _, needed := range spec.Dependencies {
		needed.Namespace = cmp.Or(needed.Namespace, d.Namespace)
	}
	return &pb.StateUpdateRequest{ResourceId: &pb.ResourceId{Kind: "service", Namespace: d.Namespace, Name: d.Name.text}, Spec: spec}, nil
}

// protoNoise is what an error of protobuf's JSON has beside its reason: its own name, a place in text that the user has
// not written, and the value that was wrong, which may be a secret.
var protoNoise = regexp.MustCompile(`(?s)^proto:\s|\(line \d+:\d+\): |: ?".*|unexpected token.*`)

// protoReason is the reason alone.
func protoReason(err error) string {
	return strings.TrimRight(protoNoise.ReplaceAllString(err.Error(), ""), ": ")
}

// conform checks the keys of a mapping against a message, and writes durations as protobuf's JSON has them.
func conform(file string, n *yaml.Node, md protoreflect.MessageDescriptor) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: %s must be a mapping of keys to values", file, n.Line, md.Name())
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		fd := md.Fields().ByTextName(key.Value)
		if fd == nil {
			fd = md.Fields().ByJSONName(key.Value)
		}
		if fd == nil {
			return fmt.Errorf("%s:%d: unknown key %q", file, key.Line, key.Value)
		}
		if err := conformField(file, value, fd); err != nil {
			return err
		}
	}
	return nil
}

func conformField(file string, n *yaml.Node, fd protoreflect.FieldDescriptor) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch {
	case fd.IsMap():
		if n.Kind != yaml.MappingNode {
			return fmt.Errorf("%s:%d: %s must be a mapping of keys to values", file, n.Line, fd.Name())
		}
		for i := 1; i < len(n.Content); i += 2 { // numbers and booleans of a configuration are strings
			if v := n.Content[i]; v.Kind == yaml.ScalarNode {
				v.Tag = "!!str"
			} else {
				return fmt.Errorf("%s:%d: %s: the value of %q must be a single value", file, v.Line, fd.Name(), n.Content[i-1].Value)
			}
		}
	case fd.Kind() != protoreflect.MessageKind:
		return conformValue(file, n, fd)
	case fd.Message().FullName() == "google.protobuf.Duration":
		d, err := time.ParseDuration(n.Value)
		if err != nil {
			return fmt.Errorf("%s:%d: %s must be a duration such as 10s", file, n.Line, fd.Name())
		}
		n.SetString(fmt.Sprintf("%.9fs", d.Seconds()))
	case fd.Message().FullName() == "google.protobuf.Struct":
		if n.Kind != yaml.MappingNode {
			return fmt.Errorf("%s:%d: %s must be a mapping of keys to values", file, n.Line, fd.Name())
		}
	case fd.IsList():
		for _, x := range n.Content {
			if err := conform(file, x, fd.Message()); err != nil {
				return err
			}
		}
	default:
		return conform(file, n, fd.Message())
	}
	return nil
}

// conformValue holds that a single value can be what its field wants. The value is not repeated in the error.
func conformValue(file string, n *yaml.Node, fd protoreflect.FieldDescriptor) (err error) {
	what := ""
	switch fd.Kind() {
	case protoreflect.Uint32Kind:
		what = "a whole number from 0 on"
		_, err = strconv.ParseUint(n.Value, 10, 32)
	case protoreflect.Int64Kind:
		what = "a whole number"
		_, err = strconv.ParseInt(n.Value, 10, 64)
	case protoreflect.StringKind: // version: 1.10 is a text too
		if what = "a text"; n.Tag != "!!null" {
			n.Tag = "!!str"
		}
	default:
		return nil
	}
	if n.Kind != yaml.ScalarNode || err != nil {
		return fmt.Errorf("%s:%d: %s must be %s", file, n.Line, fd.Name(), what)
	}
	return nil
}

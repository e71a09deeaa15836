package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// outputs are what --output may be.
var outputs = []string{"table", "json", "yaml"}

// print writes a message as --output says: JSON or YAML, with the names of the .proto files.
func (c *client) print(cmd *cobra.Command, m proto.Message) error {
	if c.output == "yaml" {
		return printYAML(cmd, m)
	}
	return printJSON(cmd, m)
}

// jsonOf is a message as JSON. The library varies its spaces on purpose: they are made equal.
func jsonOf(m proto.Message) (out bytes.Buffer, err error) {
	raw, err := protojson.MarshalOptions{EmitUnpopulated: true, UseProtoNames: true}.Marshal(m)
	if err == nil {
		err = json.Indent(&out, raw, "", "  ")
	}
	if err != nil {
		err = fmt.Errorf("write JSON: %w", err)
	}
	return out, err
}

func printJSON(cmd *cobra.Command, m proto.Message) error {
	out, err := jsonOf(m)
	if err == nil {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), out.String())
	}
	return err
}

// printYAML writes the same as YAML, its keys in the same order.
func printYAML(cmd *cobra.Command, m proto.Message) error {
	out, err := jsonOf(m)
	if err != nil {
		return err
	}
	return writeYAML(cmd.OutOrStdout(), out.Bytes())
}

// printValue writes what is no message, as JSON or YAML. Its names are those of its json tags.
func (c *client) printValue(w io.Writer, v any) error {
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if c.output == "yaml" {
		return writeYAML(w, text.Bytes())
	}
	_, err := text.WriteTo(w)
	return err
}

// writeYAML writes JSON as YAML.
func writeYAML(w io.Writer, jsonText []byte) error {
	var n yaml.Node
	if err := yaml.Unmarshal(jsonText, &n); err != nil { // JSON is YAML
		return fmt.Errorf("write YAML: %w", err)
	}
	plain(&n)
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	if err := enc.Encode(&n); err != nil {
		return fmt.Errorf("write YAML: %w", err)
	}
	return enc.Close()
}

// plain takes away the braces and quotes that JSON has; the encoder quotes what needs it.
func plain(n *yaml.Node) {
	if n.Style &^= yaml.FlowStyle; n.Kind == yaml.ScalarNode {
		n.Style = 0
	}
	for _, c := range n.Content {
		plain(c)
	}
}

package evaluator

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// keywords are what a schema may say; what none of the gates reads would hold nothing.
var keywords = func() []string {
	out := []string{"title", "description"}
	for t, i := reflect.TypeFor[schema](), 0; i < t.NumField(); i++ {
		if name := t.Field(i).Tag.Get("json"); name != "" {
			out = append(out, name)
		}
	}
	return out
}()

// types are those that a schema may name.
var types = []string{"object", "array", "string", "boolean", "integer", "number"}

// UnmarshalJSON notes the keywords that are unknown.
func (s *schema) UnmarshalJSON(b []byte) error {
	type plain schema
	var all map[string]json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return fmt.Errorf("a schema is an object of keywords, not %s", b)
	}
	for k := range all {
		if !slices.Contains(keywords, k) {
			s.unknown = append(s.unknown, k)
		}
	}
	return json.Unmarshal(b, (*plain)(s))
}

// checkKeywords holds that a schema and those in it say nothing that no gate reads.
func (d *declarations) checkKeywords(s *schema, g *gate) {
	wrong := func(keyword, format string, args ...any) {
		at := place{file: s.file, line: d.files.line(s.file, s.line, keyword+":")}
		g.errorf(at, "%s: %s", s.name, fmt.Sprintf(format, args...))
	}
	for _, k := range s.unknown {
		wrong(k, "a schema has no keyword %s%s", k, suggest(k, keywords))
	}
	if s.Type != "" && !slices.Contains(types, s.Type) {
		wrong("type", "type: %s is not %s%s", s.Type, list(types), suggest(s.Type, types))
	}
	if s.Format != "" && s.Format != "duration" {
		wrong("format", "format: %s is not duration, the only one that is checked", s.Format)
	}
	if len(s.words()) < len(s.Enum) {
		wrong("enum", "enum: words are strings: quote those that YAML takes for something else")
	}
	if s.XKeys != "" && !d.isTable(s.XKeys) {
		wrong("x-keys", "x-keys: %s is no table%s", s.XKeys, suggest(s.XKeys, d.tables()))
	}
	for _, p := range s.Properties {
		d.checkKeywords(p, g)
	}
	for _, p := range s.each() {
		d.checkKeywords(p, g)
	}
}

// isTable says whether the pack has a table, or declares one that it may have.
func (d *declarations) isTable(ref string) bool {
	path, ok := strings.CutPrefix(ref, "data.")
	v := d.tableOf(ref)
	return ok && (v.isObject() || v == nil && d.shapes.Properties[path] != nil)
}

func (d *declarations) tables() (out []string) {
	for _, name := range append(d.data.keys(), propertyNames(d.shapes)...) {
		out = append(out, "data."+name)
	}
	return out
}

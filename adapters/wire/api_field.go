package wire

import (
	"maps"
	"slices"

	"statemanager/engine"
)

// mapOf are fields as the API shows them.
func mapOf(fields []engine.Field) map[string]string {
	if len(fields) == 0 {
		return nil
	}
	m := make(map[string]string, len(fields))
	for _, f := range fields {
		m[f.Name] = f.Value
	}
	return m
}

// fieldsOf are the fields of a map, in order of names.
func fieldsOf(m map[string]string) (out []engine.Field) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, engine.Field{Name: k, Value: m[k]})
	}
	return out
}

package wire

import (
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// readable makes every text below m UTF-8: one strange name, of a key or in a file, must not keep a cell from being saved.
func readable(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
		case f.IsList():
			for i := range v.List().Len() {
				if x, changed := legible(f, v.List().Get(i)); changed {
					v.List().Set(i, x)
				}
			}
		default:
			if x, changed := legible(f, v); changed {
				m.Set(f, x)
			}
		}
		return true
	})
}

func legible(f protoreflect.FieldDescriptor, v protoreflect.Value) (protoreflect.Value, bool) {
	switch f.Kind() {
	case protoreflect.MessageKind:
		readable(v.Message())
	case protoreflect.StringKind:
		if s := v.String(); !utf8.ValidString(s) {
			return protoreflect.ValueOfString(plain(s)), true
		}
	}
	return v, false
}

// plain is s with what is no UTF-8 replaced.
func plain(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

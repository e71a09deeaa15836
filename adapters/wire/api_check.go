package wire

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// The bounds of what the other parties send.
const (
	MaxMessage   = 4 << 20  // bytes of a message, in both directions
	MaxInstances = 1000     // instances in one observation
	maxIDs       = 64 << 10 // bytes of their ids together: the record of a service keeps them several times
	maxText      = 256      // bytes of a string of a NodeAgent or an ActionController
	maxKeys      = 1000     // configuration keys in one observation
	maxLabels    = 64       // labels of a node
)

// resource reads the id of a service; field is the name of what holds it.
func resource(field string, m *apiv1.ResourceId) (engine.ResourceID, error) {
	if m == nil {
		return engine.ResourceID{}, invalid("%s: it is missing", field)
	}
	id := ResourceFromProto(m)
	if err := CheckResource(id); err != nil {
		return engine.ResourceID{}, invalid("%s.%s", field, err)
	}
	return id, nil
}

// nodeID says whether a node may have this id.
func nodeID(field, id string) error {
	if !node.MatchString(id) {
		return invalid("%s: %.80q is not 1 to 253 letters, digits, '-', '.' and '_', with a letter or digit at both ends", field, id)
	}
	return nil
}

// short says whether a string is at most maxText bytes.
func short(field, s string) error {
	if len(s) > maxText {
		return invalid("%s: %.20q... has %d bytes, more than %d", field, s, len(s), maxText)
	}
	return nil
}

// given says whether a string is there, and at most maxText bytes.
func given(field, s string) error {
	if s == "" {
		return invalid("%s: it is missing", field)
	}
	return short(field, s)
}

// natural says whether a number is not negative.
func natural(field string, n int64) error {
	if n < 0 {
		return invalid("%s: %d is negative", field, n)
	}
	return nil
}

// enum is a generated enumeration.
type enum interface {
	comparable
	protoreflect.Enum
}

// word is the engine's word for a value of an enumeration. A value without one is of a newer version, or wrong.
func word[E enum, W ~string](field string, words map[E]W, e E) (W, error) {
	w, ok := words[e]
	if !ok {
		return "", invalid("%s: %d is unknown to this version", field, e.Number())
	}
	return w, nil
}

// value is the value of an enumeration for the engine's word; the unspecified one is never chosen.
func value[E enum, W ~string](words map[E]W, w W) (out E) {
	for e, word := range words {
		if word == w && e.Number() >= out.Number() {
			out = e
		}
	}
	return out
}

// fits says whether a message may be sent.
func fits(what string, m proto.Message) error {
	if n := proto.Size(m); n > MaxMessage {
		return invalid("%s: it has %d bytes, more than %d that a message may have: make specs smaller, or spread them over more nodes", what, n, MaxMessage)
	}
	return nil
}

// Package wire turns the engine's values into protobuf messages and back: those of the store, and those of the API.
package wire

// Package engine is the pure core of the State Manager: events in, effects out.
//
// It holds what is known of every service of a cell and derives what is owed: an event changes what is known
// (take), settle derives the rest, and nothing else decides. What to do is never decided here: each choice is a
// Question to a Decider, in the daemon the Rego policy pack. What may be done is decided here alone: an answer
// outside the vocabulary or the rules is refused, whatever the policy says.
//
// The package is plain values and the standard library. It has no goroutine, no I/O, no log and no clock: time is
// an argument of Step. The same events and decisions give the same effects, byte for byte.
//
// Read in this order: spec and observation (what is wanted and seen), event and effects (what goes in and out),
// question and pack (what policy is asked, and its tables), record (what is durable), engine (take, settle,
// collect), then the things that settle does, one file each.
package engine

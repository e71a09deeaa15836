// Package nodeagent is the link to one NodeAgent over gRPC.
//
// A Link is one goroutine, the one that calls Run; it opens a connection and the stream of observations, posts what
// arrives, and opens the next when that one ends (rules 2.0 to 2.4). Report and Observe may be called from any
// goroutine; they use the stream of the moment and fail with Unavailable while there is none.
package nodeagent

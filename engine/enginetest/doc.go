// Package enginetest is the engine's world in memory, under one virtual clock: a daemon (engine and sequencer), its
// store, nodes with an agent and a controller each, and a MonitoringServer.
//
// A World runs stories: commands, one a line, and what they lead to, one line an event, decision and effect. The
// transcripts in testdata are such stories, written out and reviewed; the random stories of the tests draw their
// commands from a seed. After every step the World holds what happened against the rules that no policy may break
// (checker) and collects what broke one in Faults.
//
// Nothing here is concurrent: a World belongs to one goroutine.
package enginetest

// Package node is an example NodeAgent and ActionController in one process: it runs the services of one node as real
// processes. It needs Linux.
//
// The supervisor owns the processes, the agent reports how they differ from the specs that were pushed, the controller
// carries out actions on them and keeps a ledger of what it did:
//
//	ledger.jsonl                  every action: accepted, outcome, refused, burned; one JSON line each, synced
//	services/NAMESPACE.NAME/log   what the service's processes wrote
//	services/NAMESPACE.NAME/work  a working directory for each replica: 0, 1, ...
//
// A service's processes get SIGKILL from the system when the node's process ends, however it ends. What they have
// started themselves is ended with them by an action or an orderly stop, not when the node's process is killed.
package node

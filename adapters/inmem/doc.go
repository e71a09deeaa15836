// Package inmem holds real implementations of the ports in memory, for tests and for trying things out.
package inmem

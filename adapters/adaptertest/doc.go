// Package adaptertest holds one contract suite for each port, which every implementation of the port runs.
package adaptertest

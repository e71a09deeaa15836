// Package down holds implementations of the ports that always fail, as if the other side could not be reached.
package down

package demo

import (
	"net"
	"testing"
)

// No address is given twice, and all are loopback addresses.
func TestFreeAddress(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		address, err := FreeAddress()
		if err != nil {
			t.Fatal(err)
		}
		host, _, err := net.SplitHostPort(address)
		if err != nil || !net.ParseIP(host).IsLoopback() || seen[address] {
			t.Fatalf("%s was given (%v)", address, err)
		}
		seen[address] = true
	}
	for pid, want := range map[int]string{1: "127.64.0.1", 1<<22 - 1: "127.127.255.255", 300: "127.64.1.44"} {
		if got := ownHost(pid); got != want {
			t.Errorf("process %d has %s, want %s", pid, got, want)
		}
	}
}

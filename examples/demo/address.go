package demo

import (
	"fmt"
	"net"
	"os"
	"sync"
)

var given struct {
	sync.Mutex
	addresses map[string]bool
}

// FreeAddress is an address, HOST:PORT, for a listener of this machine. The host is a loopback address of this process: no
// connection of another's begins there, so the port stays free until somebody listens, and while a listener is restarted.
// None is given twice. It may be called by any goroutine.
func FreeAddress() (string, error) {
	given.Lock()
	defer given.Unlock()
	for {
		address, err := unused(ownHost(os.Getpid()))
		if err != nil { // a system may have but one loopback address
			address, err = unused("127.0.0.1")
		}
		if err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
		if !given.addresses[address] {
			if given.addresses == nil {
				given.addresses = map[string]bool{}
			}
			given.addresses[address] = true
			return address, nil
		}
	}
}

// ownHost is a loopback address of a process, whose id has 22 bits at most. It is not 127.0.x.x, which others use.
func ownHost(pid int) string {
	return fmt.Sprintf("127.%d.%d.%d", 64+pid>>16&63, pid>>8&255, pid&255)
}

func unused(host string) (string, error) {
	l, err := net.Listen("tcp", host+":0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// freeAddresses are free addresses by name.
func freeAddresses(names []string) (_ map[string]string, err error) {
	out := map[string]string{}
	for _, name := range names {
		if out[name], err = FreeAddress(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

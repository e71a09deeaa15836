package demo

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Process is a process of a service, as the operating system shows it.
type Process struct {
	Service string    `json:"service"`
	Node    string    `json:"node"`
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
}

// String is how it is shown.
func (p Process) String() string {
	return fmt.Sprintf("pid %d of %s at %s, started %s", p.PID, p.Service, p.Node, p.Started.Local().Format("15:04:05.00"))
}

// ticks is the unit of times in /proc: the kernel shows every machine's as a hundredth of a second.
const ticks = 10 * time.Millisecond

// processes are those that run a service now: children of a node's process that say so in their environment.
func (s *stage) processes(service string) (out []Process) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ") // of others' processes it cannot be read
		if err != nil || !slices.Contains(strings.Split(string(env), "\x00"), "SM_SERVICE="+service) {
			continue
		}
		parent, state, started, err := stat(dir)
		node := s.nodeOf(parent)
		if err != nil || node == "" || state == "Z" {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(dir))
		out = append(out, Process{service, node, pid, started})
	}
	slices.SortFunc(out, func(a, b Process) int { return cmp.Compare(a.PID, b.PID) })
	return out
}

// nodeOf is the node whose process has this id.
func (s *stage) nodeOf(pid int) string {
	for _, n := range nodes {
		if p := s.procs[n]; p != nil && p.cmd.Process.Pid == pid {
			return n
		}
	}
	return ""
}

// stat reads the parent, the state and the start of a process.
func stat(dir string) (parent int, state string, started time.Time, err error) {
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, "", started, err
	}
	f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])) // the name before may hold anything
	if len(f) < 20 {
		return 0, "", started, fmt.Errorf("read %s/stat: it has %d fields", dir, len(f))
	}
	parent, err = strconv.Atoi(f[1])
	if err != nil {
		return 0, "", started, err
	}
	n, err := strconv.ParseInt(f[19], 10, 64)
	if err != nil {
		return 0, "", started, err
	}
	boot, err := booted()
	return parent, f[0], boot.Add(time.Duration(n) * ticks), err
}

// booted is when the machine started, as its clock stood when this was first asked: so a process has one start, to about a
// tick.
var booted = sync.OnceValues(func() (time.Time, error) {
	b, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return time.Time{}, err
	}
	up, _, _ := strings.Cut(string(b), " ")
	seconds, err := strconv.ParseFloat(up, 64)
	return time.Now().Add(-time.Duration(seconds * float64(time.Second))).Round(ticks), err
})

package demo

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
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
	Version string    `json:"version"`
	Config  string    `json:"config"` // the start of the SHA-256 of its configuration file
}

// String is how it is shown.
func (p Process) String() string {
	return fmt.Sprintf("pid %d of %s at %s, started %s, version %s, config %s", p.PID, p.Service, p.Node, p.Started.Local().Format("15:04:05.00"), p.Version, p.Config)
}

// ticks is the unit of times in /proc: the kernel shows every machine's as a hundredth of a second.
const ticks = 10 * time.Millisecond

// processes are those that run a service now.
func (s *stage) processes(service string) []Process {
	return slices.DeleteFunc(s.allProcesses(), func(p Process) bool { return p.Service != service })
}

// processesAt are those that run any service at a node now.
func (s *stage) processesAt(node string) []Process {
	return slices.DeleteFunc(s.allProcesses(), func(p Process) bool { return p.Node != node })
}

// allProcesses are those of all services: children of a node's process that say in their environment what they run for.
func (s *stage) allProcesses() (out []Process) {
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		env, err := os.ReadFile(dir + "/environ") // of others' processes it cannot be read
		vars := strings.Split(string(env), "\x00")
		service := valueOf(vars, "SM_SERVICE")
		if err != nil || service == "" || slices.Contains(vars, "SM_CHECK=1") {
			continue
		}
		parent, state, started, err := stat(dir)
		node := s.nodeOf(parent)
		if err != nil || node == "" || state == "Z" {
			continue
		}
		pid, _ := strconv.Atoi(filepath.Base(dir))
		out = append(out, Process{service, node, pid, started, valueOf(vars, "SM_VERSION"), digest(dir + "/cwd/config.json")})
	}
	slices.SortFunc(out, func(a, b Process) int { return cmp.Compare(a.PID, b.PID) })
	return out
}

func valueOf(vars []string, name string) string {
	for _, v := range vars {
		if key, value, _ := strings.Cut(v, "="); key == name {
			return value
		}
	}
	return ""
}

// digest is the start of that of a file: enough to see whether it is another.
func digest(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return "gone"
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:4])
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

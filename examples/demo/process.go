package demo

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// stopWithin is how long a process has after SIGTERM.
const stopWithin = 15 * time.Second

// process is one process of the binary. It gets SIGKILL from the system when the demo's own process ends.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

// start starts the binary in the stage's directory, in a group of its own: Ctrl-C is for the demo, which then stops
// them in order.
func (s *stage) start(name string, args ...string) error {
	log, err := os.OpenFile(filepath.Join(s.logs(), name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	defer log.Close() // the process has its own
	cmd := exec.Command(s.exe, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{cmd, make(chan struct{})}
	go func() { _ = cmd.Wait(); close(p.done) }() // how it ended is of no interest, or in its log
	s.procs[name] = p
	return nil
}

// end ends a process and waits for it.
func (p *process) end(sig syscall.Signal) error {
	_ = p.cmd.Process.Signal(sig) // it may have ended
	select {
	case <-p.done:
		return nil
	case <-time.After(stopWithin):
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("stop %s: it did not end within %v of SIGTERM and was killed", p.cmd.Args[1], stopWithin)
}

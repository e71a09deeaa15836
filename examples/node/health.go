package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	apiv1 "statemanager/proto/statemanager/v1"
)

// The intervals of a check that does not say others.
const (
	defaultEvery   = 5 * time.Second
	defaultTimeout = 2 * time.Second
)

// check is how the node asks an instance whether it is well: ServiceSpec.workload.health. It names a command or a file.
type check struct {
	// Command is run in the working directory of the instance, with its environment: code 0 says that it is well.
	Command []string `json:"command"`
	// File says that the instance is well while it is there. It is relative to the working directory.
	File string `json:"file"`
	// Every is the time from one check to the next. Absent: 5s.
	Every duration `json:"every"`
	// Timeout is how long the command may take; then the instance hangs. Absent: 2s.
	Timeout duration `json:"timeout"`
}

func (c *check) validate() error {
	if (len(c.Command) == 0) == (c.File == "") {
		return fmt.Errorf("workload: health: name a command or a file, one of both")
	}
	if len(c.Command) > 0 && c.Command[0] == "" {
		return fmt.Errorf("workload: health: command is empty: name a program and its arguments")
	}
	return nil
}

func (c *check) every() time.Duration   { return or(time.Duration(c.Every), defaultEvery) }
func (c *check) timeout() time.Duration { return or(time.Duration(c.Timeout), defaultTimeout) }

func or(d, absent time.Duration) time.Duration {
	if d == 0 {
		return absent
	}
	return d
}

// health is what the newest check of an instance said.
type health int32

// An instance with a check is not ready before its first check has passed; it stays ready when later ones fail.
const (
	unchecked health = iota // none has passed yet
	passes
	fails
	hangs
)

// states are those of a ready instance.
var states = map[health]apiv1.Instance_State{
	passes: apiv1.Instance_STATE_RUNNING,
	fails:  apiv1.Instance_STATE_UNHEALTHY,
	hangs:  apiv1.Instance_STATE_HUNG,
}

// prober checks an instance until it has exited.
type prober struct {
	*check
	command command // of the check that has one; its dir is also that of the file
	starts  func(*exec.Cmd) error
	life    context.Context // ends when the instance has exited
	now     atomic.Int32    // a health
}

// run checks as often as it should, and tells when the answer has changed. The first check is due when the instance may
// be ready. It returns when the instance has exited.
func (p *prober) run(first time.Duration, changed func()) {
	next := time.NewTimer(first)
	defer next.Stop()
	for {
		select {
		case <-p.life.Done():
			return
		case <-next.C:
		}
		was, is := health(p.now.Load()), p.ask()
		if was == unchecked && is != passes {
			is = unchecked // it is not ready yet
		}
		if p.now.Store(int32(is)); is != was {
			changed()
		}
		next.Reset(p.every())
	}
}

// ask checks once.
func (p *prober) ask() health {
	if p.File != "" {
		if _, err := os.Stat(filepath.Join(p.command.dir, p.File)); err != nil {
			return fails
		}
		return passes
	}
	ctx, cancel := context.WithTimeout(p.life, p.timeout())
	defer cancel()
	err := p.command.run(ctx, p.starts)
	switch {
	case ctx.Err() == context.DeadlineExceeded:
		return hangs
	case err != nil:
		return fails
	}
	return passes
}

// command is a program that the node runs beside the instances of a service, in a process group of its own.
type command struct {
	args []string
	dir  string
	env  []string
	log  string
}

// run waits for the command to end; when ctx ends first, its group is killed.
func (c command) run(ctx context.Context, start func(*exec.Cmd) error) error {
	log, err := os.OpenFile(c.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	cmd := exec.Command(c.args[0], c.args[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = c.dir, c.env, log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := start(cmd); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err = <-ended:
		return err
	case <-ctx.Done():
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // ESRCH: it has just ended
	<-ended
	return ctx.Err()
}

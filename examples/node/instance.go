package node

import (
	"context"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	apiv1 "statemanager/proto/statemanager/v1"
)

// instance is one process of a service, in a process group of its own. It stays, exited, until it is replaced.
type instance struct {
	id         string
	slot       int // which replica it is: names its working directory
	version    string
	config     digests // of the configuration that it has; the supervisor's lock guards it
	started    time.Time
	readyAfter time.Duration
	grace      time.Duration
	reload     syscall.Signal // 0 = it cannot
	probe      *prober        // nil = it is well while it runs

	cmd     *exec.Cmd
	stopped atomic.Bool   // ended by an action
	done    chan struct{} // closed when it has exited; then exit is set
	exit    *apiv1.Exit
}

// wait collects the process and then calls exited. It owns exit until done is closed.
func (i *instance) wait(exited func()) {
	for unix.Waitid(unix.P_PID, i.cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil) == unix.EINTR {
	}
	i.signal(syscall.SIGKILL) // what it left in its group, while its id cannot be another's yet
	_ = i.cmd.Wait()          // says how it ended, which ProcessState says better
	i.exit = exitOf(i.cmd.ProcessState.Sys().(syscall.WaitStatus))
	close(i.done)
	exited()
}

func exitOf(s syscall.WaitStatus) *apiv1.Exit {
	if s.Signaled() {
		return &apiv1.Exit{Signal: int32(s.Signal())}
	}
	return &apiv1.Exit{Code: int32(s.ExitStatus())}
}

// look asks the system whether the process has exited, also when nobody was told yet.
func (i *instance) look() (exited bool) {
	select {
	case <-i.done:
		return true
	default:
	}
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, i.cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil)
	if err == unix.ECHILD || err == nil && info.Signo != 0 {
		<-i.done // the goroutine of wait is about to say how
		return true
	}
	return false
}

// halt ends the process: SIGTERM, and SIGKILL when its grace or ctx has passed. It returns when the process is gone,
// with the error of ctx if that came first. One that exited before by itself stays so.
func (i *instance) halt(ctx context.Context) error {
	if i.look() {
		return nil
	}
	i.stopped.Store(true)
	i.signal(syscall.SIGTERM)
	grace := time.NewTimer(i.grace)
	defer grace.Stop()
	select {
	case <-i.done:
		return nil
	case <-grace.C:
	case <-ctx.Done():
	}
	i.signal(syscall.SIGKILL)
	<-i.done
	return ctx.Err()
}

// state is that of one that has not exited, at an age.
func (i *instance) state(age time.Duration) apiv1.Instance_State {
	switch {
	case age < i.readyAfter:
		return apiv1.Instance_STATE_STARTING
	case i.probe == nil:
		return apiv1.Instance_STATE_RUNNING
	case health(i.probe.now.Load()) == unchecked:
		return apiv1.Instance_STATE_STARTING
	}
	return states[health(i.probe.now.Load())]
}

// signal reaches the whole process group.
func (i *instance) signal(s syscall.Signal) {
	_ = syscall.Kill(-i.cmd.Process.Pid, s) // ESRCH: it has gone, which is as good
}

package node

import (
	"os/exec"
	"runtime"
)

// starter starts processes from one thread that lives as long as it does: the parent-death signal of a process is sent
// when the thread that started it ends, not the process.
type starter struct {
	jobs chan startJob
	gone chan struct{}
}

type startJob struct {
	cmd *exec.Cmd
	err chan<- error
}

// newStarter owns one goroutine until stop.
func newStarter() *starter {
	s := &starter{jobs: make(chan startJob), gone: make(chan struct{})}
	go s.run()
	return s
}

func (s *starter) run() {
	defer close(s.gone)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for j := range s.jobs {
		j.err <- j.cmd.Start()
	}
}

func (s *starter) start(cmd *exec.Cmd) error {
	err := make(chan error, 1)
	s.jobs <- startJob{cmd, err}
	return <-err
}

// stop ends the goroutine; nothing is started afterwards.
func (s *starter) stop() {
	close(s.jobs)
	<-s.gone
}

package node

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	apiv1 "statemanager/proto/statemanager/v1"
)

// configFile holds the configuration as a JSON object, in the working directory of each instance.
const configFile = "config.json"

// launch starts the process of an instance, in its working directory and with its output in the service's log.
func (s *supervisor) launch(i *instance, id serviceID, spec *apiv1.ServiceSpec, w *workload) error {
	work := s.work(id, i.slot)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return err
	}
	if err := writeConfig(work, spec.GetConfig()); err != nil {
		return err
	}
	log, err := os.OpenFile(s.logOf(id), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close() // the process has its own
	i.cmd = exec.Command(w.Command[0], w.Command[1:]...)
	i.cmd.Dir, i.cmd.Stdout, i.cmd.Stderr = work, log, log
	i.cmd.Env = append(s.environment(id, spec, w), "SM_INSTANCE="+i.id)
	i.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	i.started = time.Now()
	return s.starter.start(i.cmd)
}

// environment is what a process gets: PATH, the workload's own, the configuration, and what it runs for.
func (s *supervisor) environment(id serviceID, spec *apiv1.ServiceSpec, w *workload) []string {
	env := []string{"PATH=" + os.Getenv("PATH")}
	for k, v := range w.Env {
		env = append(env, k+"="+v)
	}
	for k, v := range spec.GetConfig() {
		env = append(env, "CONFIG_"+variable(k)+"="+v)
	}
	return append(env, "SM_NODE="+s.node, "SM_SERVICE="+id.String(), "SM_VERSION="+spec.GetVersion(), "SM_CONFIG_FILE="+configFile)
}

// variable is a configuration key as the name of an environment variable: "log.level" is LOG_LEVEL.
func variable(key string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToUpper(key))
}

// writeConfig puts the configuration in place at once, so that a process that is told to read it never sees half of it.
func writeConfig(work string, config map[string]string) error {
	b, err := json.Marshal(config)
	if err != nil {
		return err
	}
	next := filepath.Join(work, "."+configFile)
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(work, configFile))
}

// reload gives a running instance another configuration.
func (s *supervisor) reload(id serviceID, i *instance, config map[string]string) error {
	if err := writeConfig(s.work(id, i.slot), config); err != nil {
		return fmt.Errorf("write configuration of %s: %w", id, err)
	}
	i.signal(i.reload)
	s.mu.Lock()
	i.config = digest(config)
	s.mu.Unlock()
	s.changed(id)
	return nil
}

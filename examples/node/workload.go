package node

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"syscall"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	apiv1 "statemanager/proto/statemanager/v1"
)

// defaultGrace is the time from SIGTERM to SIGKILL of a workload that does not say another.
const defaultGrace = 2 * time.Second

// workload is what this node runs for a service: ServiceSpec.workload, whose fields are these and no others.
type workload struct {
	// Command is the program and its arguments. Required.
	Command []string `json:"command"`
	// Env is added to the environment, before the variables that the node itself sets.
	Env map[string]string `json:"env"`
	// ReadyAfter is how long an instance must live to be ready: "500ms". Absent: it is ready at once.
	ReadyAfter duration `json:"ready_after"`
	// StopGrace is the time from SIGTERM to SIGKILL. Absent: 2s.
	StopGrace *duration `json:"stop_grace"`
	// Reload names the signal that makes the command read its configuration file anew: HUP, USR1 or USR2. Absent: a
	// changed configuration needs a restart.
	Reload string `json:"reload"`
	// Health is how to tell whether an instance is well. Absent: it is while it runs.
	Health *check `json:"health"`
	// Custom are the actions of this service that are no one else's: a program and its arguments by the name that the
	// policy pack gives the action. They go before those of the node.
	Custom map[string][]string `json:"custom"`
	// ActionDelay makes each action of the service wait before it acts, to show what happens meanwhile.
	ActionDelay duration `json:"action_delay"`
}

// workloadOf reads the workload of a spec; the error names the field.
func workloadOf(spec *apiv1.ServiceSpec) (*workload, error) {
	if spec.GetWorkload() == nil {
		return nil, errors.New("spec: workload is missing: say what to run")
	}
	b, err := protojson.Marshal(spec.GetWorkload())
	if err != nil {
		return nil, fmt.Errorf("read workload: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	w := &workload{}
	if err := d.Decode(w); err != nil {
		return nil, fmt.Errorf("read workload: %w", err)
	}
	if len(w.Command) == 0 || w.Command[0] == "" {
		return nil, errors.New("workload: command is missing: name a program and its arguments")
	}
	if _, ok := reloadSignals[w.Reload]; !ok {
		return nil, fmt.Errorf("workload: reload: %q is not HUP, USR1 or USR2", w.Reload)
	}
	if w.Health != nil {
		return w, w.Health.validate()
	}
	return w, nil
}

func (w *workload) grace() time.Duration {
	if w.StopGrace == nil {
		return defaultGrace
	}
	return time.Duration(*w.StopGrace)
}

// reloadSignals are the signals of the field reload; 0 means none.
var reloadSignals = map[string]syscall.Signal{"": 0, "HUP": syscall.SIGHUP, "USR1": syscall.SIGUSR1, "USR2": syscall.SIGUSR2}

// duration is a length of time in Go's notation.
type duration time.Duration

// UnmarshalJSON reads a string such as "1m30s".
func (d *duration) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return err
	}
	if v < 0 {
		return fmt.Errorf("%s is negative", s)
	}
	*d = duration(v)
	return nil
}

package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// custom runs the program of an action that has only a name: the workload's, or else the node's. It succeeds with code 0.
func (j job) custom(ctx context.Context) error {
	w, err := workloadOf(j.spec)
	if err != nil {
		return err
	}
	args, dir := w.Custom[j.kind], j.home(j.service)
	if len(args) == 0 {
		args, dir = j.own, j.dir
	}
	if len(args) == 0 {
		return unknownKind(j.kind)
	}
	if err := os.MkdirAll(j.home(j.service), 0o755); err != nil {
		return fmt.Errorf("%s %s: %w", j.kind, j.service, err)
	}
	env := append(j.environment(j.service, j.spec, w), "SM_ACTION="+j.kind, "SM_INSTANCES="+strings.Join(j.ids, " "))
	err = command{args, dir, env, j.logOf(j.service)}.run(ctx, j.starter.start)
	if code := (*exec.ExitError)(nil); errors.As(err, &code) {
		return fmt.Errorf("%s %s: %s ended with %v", j.kind, j.service, args[0], code)
	}
	return err
}

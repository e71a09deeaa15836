package node

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apiv1 "statemanager/proto/statemanager/v1"
)

// job is an action on a service: the named instances, all when none was named, and the spec to act on.
type job struct {
	*supervisor
	service   serviceID
	kind      string
	own       []string // what the node does for a custom action of this name
	ids       []string
	instances []*instance
	spec      *apiv1.ServiceSpec // nil where the action needs none
}

// kinds are the actions that this controller knows.
var kinds = map[string]func(job, context.Context) error{
	"restart":      func(j job, ctx context.Context) error { return j.replace(ctx, j.instances, false) },
	"recreate":     func(j job, ctx context.Context) error { return j.replace(ctx, j.instances, true) },
	"rollback":     func(j job, ctx context.Context) error { return j.replace(ctx, j.instances, false) },
	"reset_config": func(j job, ctx context.Context) error { return j.replace(ctx, j.instances, false) },
	"create":       job.scale,
	"relocate":     job.scale,
	"scale":        job.scale,
	"isolate":      job.stop,
	"stop":         job.stop,
	"start":        job.restartStopped,
	"update":       job.update,
	"configure":    job.configure,
	"remove":       job.remove,
}

// specless are the actions that end instances and start none.
var specless = []string{"remove", "stop", "isolate"}

// unknownKind is an action that this controller does not know.
type unknownKind string

// Error implements error.
func (k unknownKind) Error() string {
	return fmt.Sprintf("action %q is unknown to this controller", string(k))
}

// kindOf is an action in the words of a policy pack.
func kindOf(a *apiv1.Action) string {
	switch x := a.GetAction().(type) {
	case *apiv1.Action_Recovery:
		if x.Recovery == apiv1.RecoveryAction_RECOVERY_ACTION_ROLLBACK_VERSION {
			return "rollback"
		}
		return strings.ToLower(strings.TrimPrefix(x.Recovery.String(), "RECOVERY_ACTION_"))
	case *apiv1.Action_Lifecycle:
		return strings.ToLower(strings.TrimPrefix(x.Lifecycle.String(), "LIFECYCLE_ACTION_"))
	}
	return a.GetCustom()
}

// act carries out an action when it is its service's turn.
func (c *controller) act(ctx context.Context, id serviceID, kind string, req *apiv1.ActionExecutionRequest) error {
	do, custom := kinds[kind], false
	if _, custom = req.GetAction().GetAction().(*apiv1.Action_Custom); custom {
		do = job.custom
	}
	if do == nil {
		return unknownKind(kind)
	}
	release, err := c.turns.take(ctx, id)
	if err != nil {
		return err
	}
	defer release()
	j := job{supervisor: c.super, service: id, kind: kind, own: c.custom[kind], ids: req.GetInstanceIds(), spec: req.GetSpec()}
	if j.spec == nil {
		j.spec = c.held(id)
	}
	if j.spec == nil && !slices.Contains(specless, kind) {
		return fmt.Errorf("%s %s: the request has no spec and none was pushed", kind, id)
	}
	if err := j.delay(ctx); err != nil {
		return err
	}
	j.instances = c.super.instances(id, j.ids)
	if len(j.instances) < len(j.ids) && !slices.Contains(specless, kind) {
		return fmt.Errorf("%s %s: %d of the %d instances named are not here", kind, id, len(j.ids)-len(j.instances), len(j.ids))
	}
	return do(j, ctx)
}

// delay waits for the workload's action_delay. A workload that cannot be read must not keep it from being ended.
func (j job) delay(ctx context.Context) error {
	w, err := workloadOf(j.spec)
	if err != nil || w.ActionDelay == 0 {
		return ctx.Err()
	}
	select {
	case <-time.After(time.Duration(w.ActionDelay)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// replace ends instances one by one and starts a new one of the spec in place of each.
func (j job) replace(ctx context.Context, old []*instance, wipe bool) error {
	if len(old) == 0 {
		return fmt.Errorf("%s has no instance to replace", j.service)
	}
	for _, i := range old {
		if err := i.halt(ctx); err != nil {
			return err
		}
		if wipe {
			if err := j.wipe(j.service, i.slot); err != nil {
				return fmt.Errorf("wipe working directory of %s: %w", j.service, err)
			}
		}
		if err := j.begin(ctx, i.slot); err != nil {
			return err
		}
	}
	return nil
}

// begin starts an instance of the spec, if there is time.
func (j job) begin(ctx context.Context, slot int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return j.start(j.service, j.spec, slot)
}

// scale ends the instances that are too many, of the highest slots, or starts what is missing.
func (j job) scale(ctx context.Context) error {
	all, want := j.supervisor.instances(j.service, nil), wanted(j.spec)
	for len(all) > want {
		last := all[len(all)-1]
		if err := last.halt(ctx); err != nil {
			return err
		}
		j.drop(j.service, last)
		all = all[:len(all)-1]
	}
	for n := len(all); n < want; n++ {
		if err := j.begin(ctx, j.freeSlot(j.service)); err != nil {
			return err
		}
	}
	return nil
}

// stop ends instances; they stay, stopped.
func (j job) stop(ctx context.Context) error {
	for _, i := range j.instances {
		if err := i.halt(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (j job) restartStopped(ctx context.Context) error {
	return j.replace(ctx, j.those(func(i *instance) bool { return i.stopped.Load() && i.look() }), false)
}

func (j job) update(ctx context.Context) error {
	return j.replace(ctx, j.those(func(i *instance) bool { return i.version != j.spec.GetVersion() }), false)
}

// configure brings the configuration in: by a signal where the instance takes it, else by a restart.
func (j job) configure(ctx context.Context) error {
	config := digest(j.spec.GetConfig())
	for _, i := range j.those(func(i *instance) bool { return len(j.configOf(i).changed(config)) > 0 }) {
		if i.reload == 0 || i.look() {
			if err := j.replace(ctx, []*instance{i}, false); err != nil {
				return err
			}
		} else if err := j.supervisor.reload(j.service, i, j.spec.GetConfig()); err != nil {
			return err
		}
	}
	return nil
}

// remove ends instances and, when none is left, removes what they left.
func (j job) remove(ctx context.Context) error {
	for _, i := range j.instances {
		if err := i.halt(ctx); err != nil {
			return err
		}
		j.drop(j.service, i)
	}
	if len(j.supervisor.instances(j.service, nil)) > 0 {
		return nil
	}
	if err := j.forget(j.service); err != nil {
		return fmt.Errorf("remove directory of %s: %w", j.service, err)
	}
	return nil
}

func (j job) those(are func(*instance) bool) []*instance {
	return slices.DeleteFunc(slices.Clone(j.instances), func(i *instance) bool { return !are(i) })
}

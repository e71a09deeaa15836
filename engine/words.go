package engine

// Phase is where a service is in its life: the design document's ServiceState enum.
type Phase string

// The six phases. NoPhase is the fact's value for what nobody wants.
const (
	Pending      Phase = "Pending"
	Initializing Phase = "Initializing"
	Running      Phase = "Running"
	Degraded     Phase = "Degraded"
	Terminating  Phase = "Terminating"
	PhaseFailed  Phase = "Failed"
	NoPhase      Phase = "none"
)

// Phases are all phases, in the design document's order.
var Phases = []Phase{Pending, Initializing, Running, Degraded, Terminating, PhaseFailed}

// Trigger is the standing condition of a service, which asks for a phase (rule 6.2).
type Trigger string

// The triggers, in the order in which they take precedence.
const (
	TriggerDeleted  Trigger = "deleted"
	TriggerGaveUp   Trigger = "gave_up"
	TriggerIsolated Trigger = "isolated"
	TriggerSilent   Trigger = "silent"
	TriggerStarted  Trigger = "started"
	TriggerUnwell   Trigger = "unwell"
	TriggerWell     Trigger = "well"
	TriggerCreated  Trigger = "created"
)

// Triggers are all triggers, in the order in which they take precedence.
var Triggers = []Trigger{TriggerDeleted, TriggerGaveUp, TriggerIsolated, TriggerSilent, TriggerStarted, TriggerUnwell, TriggerWell, TriggerCreated}

// ActionKind names an action, or one of recovery's answers that are none. A pack may add its own by name.
type ActionKind string

// The actions that recovery may ask for, those that planning may, and recovery's answers that are no action.
const (
	Restart     ActionKind = "restart"
	Recreate    ActionKind = "recreate"
	Relocate    ActionKind = "relocate"
	Rollback    ActionKind = "rollback"
	ResetConfig ActionKind = "reset_config"
	Isolate     ActionKind = "isolate"
	Notify      ActionKind = "notify"

	Create    ActionKind = "create"
	Start     ActionKind = "start"
	Stop      ActionKind = "stop"
	Remove    ActionKind = "remove"
	Scale     ActionKind = "scale"
	Update    ActionKind = "update"
	Configure ActionKind = "configure"

	Replan ActionKind = "replan" // ask planning again (rule 5.4)
	Wait   ActionKind = "wait"   // until a fact changes
	GiveUp ActionKind = "give_up"
)

// Result is how an action ended (rule 4.3).
type Result string

// The results; the first four count as attempts, the others do not.
const (
	Succeeded Result = "succeeded"
	Failed    Result = "failed"
	TimedOut  Result = "timed_out"
	Refused   Result = "refused" // by the controller

	NeverRan   Result = "never_ran"  // the controller never heard of it, and now never will
	Superseded Result = "superseded" // by a new generation
	Silenced   Result = "silent"     // its node fell silent meanwhile
	Fenced     Result = "fenced"     // its node has stopped by itself
	Stale      Result = "stale"      // refused for an old epoch, which was then raised (rule 3.3)
)

// Counts says whether a result counts as an attempt (rule 4.3).
func (r Result) Counts() bool {
	return r == Succeeded || r == Failed || r == TimedOut || r == Refused
}

// Wanted says whether a service is wanted at a node (rule 2.6).
type Wanted string

// The four answers.
const (
	WantedYes       Wanted = "yes"
	WantedElsewhere Wanted = "elsewhere"
	WantedDeleted   Wanted = "deleted"
	WantedNever     Wanted = "never"
)

// The issues that the engine opens by itself (rule 5.1). All others are answers of policy.
const (
	IssueNodeSilent  = "node_silent"
	IssueActionStuck = "action_stuck"
	IssuePlanFailed  = "plan_failed"
	IssueNoProgress  = "no_progress"
)

// By says who asked for an action.
type By string

// Planning answers a difference, recovery an issue.
const (
	ByPlan     By = "plan"
	ByRecovery By = "recovery"
)

package engine

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Decider answers questions. It uses CPU and nothing else; the same question has the same answer.
type Decider interface{ Decide(Question) Decision }

// Question is what policy is asked. Facts is a PlanFacts, TransitionFacts, AllowedFacts, RecoveryFacts, PlacementFacts,
// StabilityFacts, DispatchFacts or StrategyFacts; all are comparable, so a question can be a key.
type Question struct {
	Revision string // of the pack that the engine runs under
	Facts    any
}

// Decision is an answer with its reasons, or the fail-safe answer with its cause. It is immutable and may be shared.
type Decision struct {
	Answer   any // PlanAnswer for PlanFacts and so on; the zero value when FailSafe is set
	Reasons  []Reason
	Rules    []Place
	FailSafe string // "" or why policy could not be asked: the fail-safe answer of the entrypoint applies
}

// Reason says why, in the pack's words.
type Reason struct {
	Code string
	Args []Field // in order of names
	Text string  // the sentence of the pack's table, with the arguments filled in
}

// Place is a line of a policy file.
type Place struct {
	File string
	Line int
}

// String is file:line.
func (p Place) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// MaxActions, MaxAges and MaxSite bound the tables of a pack whose rows are facts.
const (
	MaxActions = 32
	MaxAges    = 16
	MaxSite    = 16
)

// Common are the facts of every question. The tag `fact` is the name in policy; `values` or `max` is its domain;
// `keys` says that the domain is the keys of a table of the pack, and `other`.
type Common struct {
	Profile   string          `fact:"profile" keys:"profiles"`
	NodeClass string          `fact:"node_class" keys:"node_classes"`
	Phase     Phase           `fact:"phase" values:"none,Pending,Initializing,Running,Degraded,Terminating,Failed"`
	Site      [MaxSite]string `fact:"site" keys:"site"` // by the index of Pack.Site
}

// PlanFacts are what planning.plan is told.
type PlanFacts struct {
	Common
	Wanted       Wanted `fact:"wanted" values:"yes,elsewhere,deleted,never"`
	Diff         Parts  `fact:"diff"`
	Cause        string `fact:"cause" keys:"causes"`
	Dependencies string `fact:"dependencies" values:"all_well,some_down"`
}

// PlanAnswer is a plan: actions, or the issue that recovery is for.
type PlanAnswer struct {
	Priority int          `answer:"priority"` // 0 is the most urgent, 9 the least
	Critical bool         `answer:"critical"`
	Actions  []ActionKind `answer:"actions"` // sorted
	Issue    string       `answer:"issue"`
}

// TransitionFacts are what transition.decision is told.
type TransitionFacts struct {
	Common
	Trigger  Trigger `fact:"trigger" values:"deleted,gave_up,isolated,silent,started,unwell,well,created"`
	Unwell   string  `fact:"unwell" values:"none,some,all"`
	UnderWay string  `fact:"under_way" values:"none,plan,recovery"`
}

// TransitionAnswer is a phase, or none.
type TransitionAnswer struct {
	Allow bool  `answer:"allow"`
	To    Phase `answer:"to"`
}

// AllowedFacts are what transition.allowed_actions is told, once a phase, at the gate.
type AllowedFacts struct {
	Phase Phase `fact:"phase" values:"Pending,Initializing,Running,Degraded,Terminating,Failed"`
}

// AllowedAnswer are the actions that the phase allows.
type AllowedAnswer struct {
	Actions []ActionKind `answer:"actions"` // sorted
}

// RecoveryFacts are what recovery.decision is told.
type RecoveryFacts struct {
	Common
	Issue        string            `fact:"issue" keys:"issues"`
	Cause        string            `fact:"cause" keys:"causes"`
	Unwell       string            `fact:"unwell" values:"none,some,all"`
	Tries        [MaxActions]uint8 `fact:"tries" keys:"actions" max:"20"` // by the index of Pack.Actions
	LastAction   ActionKind        `fact:"last.action" keys:"actions" values:"none"`
	LastResult   Result            `fact:"last.result" values:"none,succeeded,failed,timed_out,refused"`
	Recent       [MaxAges]bool     `fact:"recent" keys:"ages"` // by the index of Pack.Ages
	GoodVersion  string            `fact:"last_good.version" values:"none,same,differs"`
	GoodConfig   string            `fact:"last_good.config" values:"none,same,differs"`
	Targets      string            `fact:"targets" values:"none,some"`
	Source       string            `fact:"source" values:"reachable,silent,fencing,fenced"`
	Dependencies string            `fact:"dependencies" values:"all_well,some_down"`
	WideVersion  bool              `fact:"widespread.version"`
	WideNode     bool              `fact:"widespread.node"`
	WideGroup    bool              `fact:"widespread.group"`
	WideSilence  bool              `fact:"widespread.silence"`
}

// RecoveryAnswer is the next step of recovery.
type RecoveryAnswer struct {
	Action ActionKind    `answer:"action"` // or replan, wait, give_up
	After  time.Duration `answer:"after"`  // since the issue or the last result
	Scope  string        `answer:"scope"`  // unwell or all; "" = unwell
}

// PlacementFacts are what placement.score is told of a candidate.
type PlacementFacts struct {
	Common
	Fits       bool   `fact:"fits"`
	Ready      bool   `fact:"ready"`
	Load       string `fact:"load" values:"idle,normal,busy"`
	FailedHere uint8  `fact:"failed_here" max:"3"`
	GroupHere  string `fact:"group_here" values:"none,some"`
}

// PlacementAnswer is how good a candidate is.
type PlacementAnswer struct {
	Score int  `answer:"score"` // 0..100, the highest wins
	Unfit bool `answer:"unfit"`
}

// StabilityFacts are what stability.issues is told: counts within the pack's window.
type StabilityFacts struct {
	Common
	Transitions uint8         `fact:"transitions" max:"50"`
	Crashes     uint8         `fact:"crashes" max:"50"`
	Recent      [MaxAges]bool `fact:"recent" keys:"ages"`
}

// StabilityAnswer are the issues that a history shows.
type StabilityAnswer struct {
	Issues []string `answer:"issues"` // sorted
}

// DispatchFacts are what dispatch.verdict is told of an action that would be sent.
type DispatchFacts struct {
	Common
	Action        ActionKind `fact:"action" keys:"actions"`
	AskedBy       By         `fact:"asked_by" values:"plan,recovery"`
	Unwell        string     `fact:"unwell" values:"none,some,all"`
	Dependencies  string     `fact:"dependencies" values:"all_well,some_down"`
	BudgetService string     `fact:"budget.service" values:"unlimited,left,spent"`
	BudgetNode    string     `fact:"budget.node" values:"unlimited,left,spent"`
	BudgetGroup   string     `fact:"budget.group" values:"unlimited,left,spent"`
	BudgetCell    string     `fact:"budget.cell" values:"unlimited,left,spent"`
	GroupHealth   string     `fact:"group_health" values:"unlimited,left,spent"`
	Held          bool       `fact:"held"`
}

// DispatchAnswer is whether it may leave now.
type DispatchAnswer struct {
	Run bool `answer:"verdict"` // run or defer
}

// StrategyFacts are what recovery.strategy is told. The engine never asks it: it is for those who want to know beforehand.
type StrategyFacts struct {
	Profile string `fact:"profile" keys:"profiles"`
	Issue   string `fact:"issue" keys:"issues"`
}

// StrategyAnswer is what recovery would do about an issue, as far as nothing else is known of the service.
type StrategyAnswer struct {
	Actions             []ActionKind    `answer:"actions"` // in the order in which they are tried
	Backoff             []time.Duration `answer:"backoff"` // before each of Actions, as long as none before it has helped
	MaxRetryCount       int             `answer:"max_retry_count"`
	BackoffDelay        time.Duration   `answer:"backoff_delay"`        // the first above 0 of the profile's back-off
	EscalationThreshold int             `answer:"escalation_threshold"` // attempts with the first action, before another one
}

// Entrypoint is the name of the question in policy, without the package's prefix `statemanager.`.
func Entrypoint(facts any) string {
	switch facts.(type) {
	case PlanFacts:
		return "planning.plan"
	case TransitionFacts:
		return "transition.decision"
	case AllowedFacts:
		return "transition.allowed_actions"
	case RecoveryFacts:
		return "recovery.decision"
	case PlacementFacts:
		return "placement.score"
	case StabilityFacts:
		return "stability.issues"
	case DispatchFacts:
		return "dispatch.verdict"
	case StrategyFacts:
		return "recovery.strategy"
	}
	return ""
}

// Fields lists the facts of a question, or the parts of an answer, by their names in policy. Facts that are rows of a
// table take their names from the pack; rows that do not exist are left out.
func Fields(x any, p *Pack) (out []Field) {
	var walk func(prefix string, v reflect.Value)
	walk = func(prefix string, v reflect.Value) {
		for i := range v.NumField() {
			f := v.Type().Field(i)
			name, ok := f.Tag.Lookup("fact")
			if !ok {
				name = f.Tag.Get("answer")
			}
			name = prefix + name
			switch fv := v.Field(i); fv.Kind() {
			case reflect.Struct:
				if !f.Anonymous {
					name += "."
				}
				walk(name, fv)
			case reflect.Array:
				for j, row := range p.rows(f.Tag.Get("keys")) {
					out = append(out, Field{name + "." + row, fmt.Sprint(fv.Index(j).Interface())})
				}
			default:
				out = append(out, Field{name, text(name, fv.Interface())})
			}
		}
	}
	walk("", reflect.ValueOf(x))
	return out
}

func text(name string, x any) string {
	switch x := x.(type) {
	case []ActionKind:
		return strings.Join(strs(x), " ")
	case []string:
		return strings.Join(x, " ")
	case bool:
		if name == "verdict" && x {
			return "run"
		} else if name == "verdict" {
			return "defer"
		}
	}
	return fmt.Sprint(x)
}

func strs[T ~string](xs []T) []string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = string(x)
	}
	return out
}

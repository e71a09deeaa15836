package engine

import "time"

// StateDiff is one observation of a service at a node: what differs from the spec that the agent holds, and the
// instances that there are. Its five differences are optional: nil means none.
type StateDiff struct {
	Node    string
	Service ResourceID
	Rev     int64 // revision of the spec that it was made against; 0 = the agent has no spec for it
	Counter Counter
	Blind   bool // the agent cannot see the service: silence, never absence (rule 2.3)

	Existence *ExistenceDiff
	Scale     *ScaleDiff
	Version   *VersionDiff
	Config    *ConfigDiff
	Status    *StatusDiff

	Instances []Instance // in order of ids
}

// Counter orders the messages of an agent (rule 2.2): N counts those of one stream, which Start names.
type Counter struct{ Start, N int64 }

// ExistenceDiff says that instances are missing or left over, or run though they should not or the other way round.
type ExistenceDiff struct {
	Existence string // same, missing or surplus
	Run       string // same, should_run or should_stop
}

// ScaleDiff says that the number of instances differs.
type ScaleDiff struct{ Desired, Actual uint32 }

// VersionDiff says that an instance runs another version.
type VersionDiff struct{ Desired, Actual string }

// ConfigDiff says that an instance runs with another configuration. Values are never carried (rule 2.2).
type ConfigDiff struct {
	Needs string   // reloadable or needs_restart
	Keys  []string // names of the keys that differ
}

// StatusDiff says what is wrong with the worst instance (rule 2.8).
type StatusDiff struct {
	Status string // crashed, not_ready, unhealthy, hung or finished
}

// Instance is one running copy of a service. Its ID changes at every start.
type Instance struct {
	ID      string
	State   InstanceState
	Version string
	Exit    Exit // of an exited one
}

// InstanceState is what an agent sees of an instance.
type InstanceState string

// The states of an instance.
const (
	InstanceStarting  InstanceState = "starting"
	InstanceRunning   InstanceState = "running" // and ready
	InstanceUnhealthy InstanceState = "unhealthy"
	InstanceHung      InstanceState = "hung"
	InstanceExited    InstanceState = "exited"
)

// Exit is how an instance ended; a pack's causes match on it.
type Exit struct {
	Code   int32 // exit code, when not killed by a signal
	Signal int32 // 0 = none
	OOM    bool  // out of memory
}

// Parts is what differs, as policy is told: one word for each kind of difference.
type Parts struct {
	Existence string `fact:"existence" values:"same,missing,surplus"`
	Run       string `fact:"run" values:"same,should_run,should_stop"`
	Scale     string `fact:"scale" values:"same,too_few,too_many"`
	Version   string `fact:"version" values:"same,differs"`
	Config    string `fact:"config" values:"same,reloadable,needs_restart"`
	Status    string `fact:"status" values:"same,crashed,not_ready,unhealthy,hung,finished"`
}

const same = "same"

// NoDifference are the parts of an observation that is as wanted.
var NoDifference = Parts{same, same, same, same, same, same}

// Any says whether anything differs.
func (p Parts) Any() bool { return p != NoDifference }

// Parts are the differences of an observation in policy's words.
func (d *StateDiff) Parts() Parts {
	p := NoDifference
	if x := d.Existence; x != nil {
		p.Existence, p.Run = x.Existence, x.Run
	}
	if x := d.Scale; x != nil && x.Actual < x.Desired {
		p.Scale = "too_few"
	} else if x != nil && x.Actual > x.Desired {
		p.Scale = "too_many"
	}
	if d.Version != nil {
		p.Version = "differs"
	}
	if d.Config != nil {
		p.Config = d.Config.Needs
	}
	if d.Status != nil {
		p.Status = d.Status.Status
	}
	return p
}

// NodeInfo is what a NodeAgent says of its node when its stream opens (rule 2.5).
type NodeInfo struct {
	ID       string
	Labels   map[string]string
	Capacity uint32 // services that fit; 0 = any number
	Load     string // idle, normal or busy
	Ready    bool
	Fence    Fence
}

// Fence is what a node does when it is cut off (rule 7.3).
type Fence struct {
	Self  bool
	After time.Duration // counts from issuing the last token that was echoed
}

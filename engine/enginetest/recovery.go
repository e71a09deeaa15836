package enginetest

import (
	"slices"
	"time"

	"statemanager/engine"
)

// recovery is the next step: an action of the strategy, a wait, or giving up.
func (e *edition) recovery(f engine.RecoveryFacts) engine.Decision {
	next, tried := e.next(f)
	if why := waits(f, next); why != "" {
		return answer(engine.RecoveryAnswer{Action: engine.Wait}, why)
	}
	if next == "" {
		return answer(engine.RecoveryAnswer{Action: engine.GiveUp}, "nothing_left")
	}
	var after time.Duration
	if !e.rows[next].atOnce {
		after = e.tables.backoff[min(tried, len(e.tables.backoff)-1)]
	}
	return answer(engine.RecoveryAnswer{Action: next, After: after}, "next")
}

// next is the first entry of the strategy that can help and was not tried as often as it is listed so far, and how much
// was tried.
func (e *edition) next(f engine.RecoveryFacts) (next engine.ActionKind, tried int) {
	tries := map[engine.ActionKind]int{}
	for i, row := range e.pack.Actions {
		if tries[row.Name] = int(f.Tries[i]); row.Name != engine.Notify {
			tried += tries[row.Name]
		}
	}
	listed := map[engine.ActionKind]int{}
	for _, k := range e.queue(f) {
		if listed[k]++; next == "" && !e.skips(f, k) && tries[k] < listed[k] {
			next = k
		}
	}
	return next, tried
}

// queue is the strategy with what is to come first in front.
func (e *edition) queue(f engine.RecoveryFacts) (queue []engine.ActionKind) {
	rungs, ok := e.tables.strategies[f.Issue]
	if !ok {
		rungs = e.tables.strategies["other"]
	}
	first := func(k engine.ActionKind) bool {
		return k == engine.Rollback && f.WideVersion || k == engine.ResetConfig && f.Cause == "bad_config"
	}
	for _, k := range []engine.ActionKind{engine.ResetConfig, engine.Rollback} {
		if first(k) && slices.Contains(rungs, k) {
			queue = append(queue, k)
		}
	}
	return append(queue, slices.DeleteFunc(slices.Clone(rungs), first)...)
}

// skips says that an action cannot help now.
func (e *edition) skips(f engine.RecoveryFacts, k engine.ActionKind) bool {
	switch {
	case e.tables.stays[k] || slices.Contains(e.rows[k].notIn, f.Phase):
		return true
	case f.Source == "silent" || f.Source == "fencing":
		return k != engine.Notify
	case f.Source == "fenced":
		return k != engine.Notify && k != engine.Relocate
	case k == engine.Relocate:
		return f.Targets == "none" || f.GoodVersion == "none"
	case k == engine.Rollback:
		return f.GoodVersion != "differs"
	case k == engine.ResetConfig:
		return f.GoodConfig != "differs" || f.GoodVersion != "same"
	}
	return false
}

// waits says why nothing is done until a fact changes; "" if nothing says so.
func waits(f engine.RecoveryFacts, next engine.ActionKind) string {
	switch {
	case f.Source == "fencing":
		return "node_fencing"
	case f.Dependencies == "some_down" && f.Issue != engine.IssueNodeSilent && f.Issue != engine.IssueActionStuck:
		return "dependency_down"
	case f.WideSilence && f.Source != "reachable":
		return "all_silent"
	case f.Source == "silent" && next == "":
		return "node_away"
	case f.Issue == engine.IssueActionStuck && next == "":
		return "action_stuck"
	}
	return ""
}

package statemanager.recovery

# METADATA
# title: The next action, a wait until a fact changes, or giving up
# description: Giving up tells a human and closes the ladder.
# entrypoint: true
decision := {"action": "wait", "reasons": {reason(code, "wait") | some code in wait}} if {
	count(wait) > 0
} else := {"action": next, "after": wait_before(next, failures), "reasons": (chosen_for | left_out(array.slice(queue, 0, min(open))))} if {
	next
} else := {"action": "give_up", "reasons": ({reason("nothing_left", "give_up")} | left_out(queue))}

# METADATA
# title: The action whose turn it is
# description: Undefined when no entry of the strategy is open.
next := queue[min(open)]

# METADATA
# title: Entries of the queue that are not spent and can help
# description: |
#   An entry is spent when its action was tried as often as it stands in the queue so far. Counting what was tried,
#   instead of picking the entry with the number of the failures, loses no rung when facts change in between.
open contains i if {
	some i, action in queue
	not action in skipped
	input.tries[action] < count([1 | some j, other in queue; j <= i; other == action])
}

# METADATA
# title: The strategy, with what goes first at its front
# description: An action that goes first does so with all its entries, in the order that they have.
queue := array.concat([action | some action in rungs; action in ahead], [action | some action in rungs; not action in ahead])

ahead contains action if some action in first[_]

skipped contains action if some action in skip[_]

# METADATA
# title: Attempts that did not help
# description: A notice is no attempt to help.
failures := sum([n | some action, n in input.tries; action != "notify"])

# METADATA
# title: How long to wait before an action
# description: Counted from the issue or the last result. The last delay of the list stays.
wait_before(action, failed) := "0s" if {
	data.actions[action].at_once
} else := backoff[min([failed, count(backoff) - 1])] if {
	count(backoff) > 0
} else := "0s"

backoff := object.get(profile, "backoff", data.backoff)

# METADATA
# title: The profile's row, laid over the row `other`
profile := object.union(data.profiles.other, data.profiles[input.profile])

chosen_for := {reason(code, next) | some code, actions in first; next in actions} if {
	next in ahead
} else := {reason("next", next)}

# METADATA
# title: Why entries were passed over
# description: One reason for all actions that it holds for.
left_out(entries) := {reason(code, actions) |
	some code, skipped_for in skip
	actions := skipped_for & {action | some action in entries}
	count(actions) > 0
}

reason(code, action) := {"code": code, "args": {"action": action, "failures": failures}}

package statemanager.recovery

# METADATA
# title: What recovery would do about an issue
# description: |
#   For those who want to know beforehand: decision does not read it. The strategy without what the profile never does,
#   the wait before each entry, and three numbers that sum both up. What else is known of a service may move or skip entries.
# scope: document
# schemas:
#   - input:
#       type: object
#       properties: {profile: {type: string, x-keys: data.profiles}, issue: {type: string, x-keys: data.issues}}
# entrypoint: true
strategy := {
	"actions": possible,
	"backoff": waits,
	"max_retry_count": count(possible),
	"backoff_delay": backoff_delay,
	"escalation_threshold": count([1 | some action in possible; action == possible[0]]),
	"reasons": ({{"code": "strategy", "args": {}}} | {{"code": "not_for_profile", "args": {"action": action}} |
		some action in rungs
		action in never
	}),
}

# METADATA
# title: The entries that the profile allows
possible := [action | some action in rungs; not action in never]

# METADATA
# title: The wait before each of them, as long as none before it has helped
waits := [wait_before(action, count([1 | some j, other in possible; j < i; other != "notify"])) | some i, action in possible]

never := object.get(profile, "never", [])

# METADATA
# title: The first delay of the back-off that is one
backoff_delay := [d | some d in backoff; time.parse_duration_ns(d) > 0][0]

default backoff_delay := "0s"

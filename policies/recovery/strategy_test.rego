package statemanager.recovery_test

import data.statemanager.recovery

strategy(facts) := s if {
	s := recovery.strategy with input as object.union({"profile": "other", "issue": "crash"}, facts)
		with data.strategies as strategies
		with data.profiles as profiles
		with data.backoff as ["0s", "10s", "20s"]
		with data.actions as actions
}

test_strategy_numbers if {
	s := strategy({})
	s.actions == strategies.other
	s.backoff == ["0s", "10s", "20s", "20s", "20s", "20s", "0s", "0s"]
	[s.max_retry_count, s.backoff_delay, s.escalation_threshold] == [8, "10s", 2]
}

test_strategy_of[name] if {
	some name, c in {
		"an issue": {"facts": {"issue": "hang"}, "want": [["recreate"], 1, 1, "10s"]},
		"a profile": {"facts": {"profile": "own"}, "want": [["notify"], 1, 1, "10s"]},
		"a profile with a back-off": {"facts": {"profile": "patient", "issue": "hang"}, "want": [["recreate"], 1, 1, "1h"]},
		"a profile without one": {"facts": {"profile": "hasty", "issue": "hang"}, "want": [["recreate"], 1, 1, "0s"]},
	}
	s := strategy(c.facts)
	c.want == [s.actions, s.max_retry_count, s.escalation_threshold, s.backoff_delay]
}

test_strategy_leaves_out_what_the_profile_never_does if {
	s := strategy({"profile": "fixed"})
	not "restart" in s.actions
	[s.max_retry_count, s.escalation_threshold] == [6, 1]
	{"code": "not_for_profile", "args": {"action": "restart"}} in s.reasons
}

test_no_strategy_is_left if {
	s := recovery.strategy with input as {"profile": "fixed", "issue": "crash"}
		with data.strategies as {"other": ["restart"]}
		with data.profiles as profiles
	[s.actions, s.max_retry_count, s.escalation_threshold] == [[], 0, 0]
}

package statemanager.recovery_test

worn := {"restart": 2, "recreate": 1}

test_skips[name] if {
	some name, c in {
		"no target": {"facts": {}, "want": "isolate"},
		"a target": {"facts": {"targets": "some"}, "want": "relocate"},
		"never ran well": {"facts": {"targets": "some", "last_good": {"version": "none", "config": "none"}}, "want": "isolate"},
		"its group fails": {"facts": {"targets": "some", "widespread": {"group": true}}, "want": "isolate"},
		"another version": {"facts": {"last_good": {"version": "differs", "config": "differs"}}, "want": "rollback"},
		"another configuration": {"facts": {"last_good": {"config": "differs"}}, "want": "reset_config"},
		"phase": {"facts": {"phase": "Pending", "tries": {"restart": 1, "recreate": 0}}, "want": "recreate"},
		"silent": {"facts": {"targets": "some", "source": "silent"}, "want": "notify"},
		"fenced": {"facts": {"targets": "some", "source": "fenced"}, "want": "relocate"},
		"fenced, and never ran well": {
			"facts": {"targets": "some", "source": "fenced", "last_good": {"version": "none", "config": "none"}},
			"want": "relocate",
		},
		"unknown": {"facts": {"targets": "some", "issue": "action_stuck"}, "want": "notify"},
		"isolated": {"facts": {"targets": "some", "last": {"action": "isolate", "result": "succeeded"}}, "want": "notify"},
		"not isolated": {"facts": {"targets": "some", "last": {"action": "isolate", "result": "failed"}}, "want": "relocate"},
	}
	answer(object.union({"tries": worn}, c.facts)).action == c.want
}

test_first[name] if {
	some name, c in {
		"bad roll-out": {"facts": {"widespread": {"version": true}, "last_good": {"version": "differs"}}, "want": ["rollback", "bad_rollout"]},
		"bad configuration, rolled out": {"facts": {"widespread": {"version": true}, "last_good": {"config": "differs"}}, "want": ["reset_config", "bad_rollout"]},
		"bad roll-out, rolled back once": {
			"facts": {"widespread": {"version": true}, "last_good": {"version": "differs"}, "tries": {"rollback": 1}},
			"want": ["restart", "next"],
		},
		"nothing to go back to": {"facts": {"widespread": {"version": true}}, "want": ["restart", "next"]},
		"bad configuration": {"facts": {"cause": "bad_config", "last_good": {"config": "differs"}}, "want": ["reset_config", "bad_config"]},
		"bad configuration with a version": {"facts": {"cause": "bad_config", "last_good": {"version": "differs"}}, "want": ["rollback", "bad_config"]},
		"but once": {"facts": {"cause": "bad_config", "last_good": {"config": "differs"}, "tries": {"reset_config": 1}}, "want": ["restart", "next"]},
		"bad node": {"facts": {"widespread": {"node": true}, "targets": "some", "tries": {"restart": 1}}, "want": ["relocate", "bad_node"]},
		"a restart before": {"facts": {"widespread": {"node": true}, "targets": "some"}, "want": ["restart", "next"]},
	}
	d := answer(c.facts)
	d.action == c.want[0]
	c.want[1] in codes(d)
}

# With restart in front, both of its entries go there, in front of what stood before them.
test_first_moves_all_entries[name] if {
	some name, c in {
		"first": {"tries": {}, "want": "restart"},
		"second": {"tries": {"restart": 1}, "want": "restart"},
		"then the rest": {"tries": {"restart": 2}, "want": "recreate"},
	}
	facts := object.union(quiet, {"tries": c.tries})
	d := data.statemanager.recovery.decision with input as facts
		with data.strategies as {"other": ["recreate", "restart", "restart"]}
		with data.profiles as profiles
		with data.actions as actions
		with data.statemanager.recovery.first as {"bad_node": {"restart"}}
	d.action == c.want
}

test_waits[name] if {
	some name, c in {
		"node_fencing": {"source": "fencing"},
		"all_silent": {"source": "fenced", "targets": "some", "widespread": {"silence": true}},
		"dependency_down": {"dependencies": "some_down"},
		"node_away": {"source": "silent", "tries": {"notify": 1}},
		"action_stuck": {"issue": "action_stuck", "tries": {"notify": 1}},
	}
	d := answer(c)
	d.action == "wait"
	codes(d) == {name}
}

# What has nothing to do with a dependency does not wait for it.
test_goes_on[name] if {
	some name, c in {
		"its node is gone": {"facts": {"issue": "node_silent", "source": "fenced", "targets": "some"}, "want": "relocate"},
		"nobody knows": {"facts": {"issue": "action_stuck"}, "want": "notify"},
	}
	answer(object.union({"dependencies": "some_down"}, c.facts)).action == c.want
}

package wire

import (
	"time"

	"statemanager/engine"
	storev1 "statemanager/proto/store/v1"
)

func historyToStore(h *engine.History) *storev1.History {
	return &storev1.History{
		Attempts: each(h.Attempts, func(a engine.Attempt) *storev1.Attempt {
			return &storev1.Attempt{Kind: string(a.Kind), Result: string(a.Result), At: int64(a.At), Node: a.Node, By: string(a.By)}
		}),
		Crashes: each(h.Crashes, func(c engine.Crash) *storev1.Crash {
			return &storev1.Crash{At: int64(c.At), Version: c.Version, Ran: int64(c.Ran), Apart: c.Apart}
		}),
		Moves: each(h.Moves, func(m engine.Moved) *storev1.Move {
			return &storev1.Move{At: int64(m.At), From: string(m.From), To: string(m.To), Trigger: string(m.Trigger)}
		}),
		Intents: each(h.Intents, func(i engine.Intent) *storev1.Intent {
			return &storev1.Intent{At: int64(i.At), Node: i.Node, Key: keyToStore(i.EpochSeq)}
		}),
		Exited: each(h.Exited, func(x engine.Exited) *storev1.Exited { return &storev1.Exited{Node: x.Node, Id: x.ID} }),
	}
}

func historyFromStore(m *storev1.History) engine.History {
	return engine.History{
		Attempts: each(m.GetAttempts(), func(a *storev1.Attempt) engine.Attempt {
			return engine.Attempt{
				Kind: engine.ActionKind(a.GetKind()), Result: engine.Result(a.GetResult()), At: engine.Instant(a.GetAt()),
				Node: a.GetNode(), By: engine.By(a.GetBy()),
			}
		}),
		Crashes: each(m.GetCrashes(), func(c *storev1.Crash) engine.Crash {
			return engine.Crash{At: engine.Instant(c.GetAt()), Version: c.GetVersion(), Ran: time.Duration(c.GetRan()), Apart: c.GetApart()}
		}),
		Moves: each(m.GetMoves(), func(m *storev1.Move) engine.Moved {
			return engine.Moved{At: engine.Instant(m.GetAt()), From: engine.Phase(m.GetFrom()), To: engine.Phase(m.GetTo()), Trigger: engine.Trigger(m.GetTrigger())}
		}),
		Intents: each(m.GetIntents(), func(i *storev1.Intent) engine.Intent {
			return engine.Intent{At: engine.Instant(i.GetAt()), Node: i.GetNode(), EpochSeq: keyFromStore(i.GetKey())}
		}),
		Exited: each(m.GetExited(), func(x *storev1.Exited) engine.Exited { return engine.Exited{Node: x.GetNode(), ID: x.GetId()} }),
	}
}

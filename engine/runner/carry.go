package runner

import (
	"context"

	"statemanager/engine"
)

// carry sends what may leave. It never blocks: the calls are made by the nodes' goroutines.
func (l *loop) carry(fx engine.Effects) {
	for _, x := range fx.Report {
		l.node(x.Node).report(x)
	}
	for _, x := range fx.Dispatch {
		l.node(x.Node).dispatch(x)
	}
	for _, x := range fx.Inquire {
		l.node(x.Node).inquire(x)
	}
	for _, x := range fx.Observe {
		l.node(x.Node).observe(x)
	}
	for _, x := range fx.Notify {
		l.send(x)
	}
	for _, x := range fx.Reply {
		l.answer(x)
	}
}

func (l *loop) node(id string) *node {
	n := l.nodes[id]
	if n == nil {
		n = l.newNode(id)
		l.nodes[id] = n
	}
	return n
}

// send sends a notice. The engine sends it again until it is accepted.
func (l *loop) send(x engine.Notice) {
	l.notify.do(x.Key, func() {
		ctx, cancel := context.WithTimeout(l.life, askTimeout)
		defer cancel()
		if err := l.cfg.Monitor.SendAlert(ctx, x); err != nil {
			l.call(l.life, func(l *loop) {
				if l.seldom("monitor") {
					l.log.Warn("monitoring server does not take notices: they are sent again", "code", x.Code, "error", err)
				}
			})
			return
		}
		l.inbox.post(engine.NoticeAccepted{Service: x.Key.Service, Key: x.Key})
	})
}

// answer gives a reply to who waits for it.
func (l *loop) answer(x engine.Reply) {
	if c := l.replies[x.ID]; c != nil {
		delete(l.replies, x.ID)
		c <- x // it has room for the one reply
	}
}

// expect is where the reply of an id will be.
func (l *loop) expect() (id int64, reply chan engine.Reply) {
	l.lastID++
	reply = make(chan engine.Reply, 1)
	l.replies[l.lastID] = reply
	return l.lastID, reply
}

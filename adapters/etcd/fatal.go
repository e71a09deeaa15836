package etcd

import (
	"errors"
	"syscall"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/zap/zapcore"
)

// fatal says in plain words what is wrong and what to do when the embedded etcd cannot go on: then it ends the process, as
// its own state is in doubt. What is durable goes on with the next start.
type fatal struct {
	log   hclog.Logger
	where string
	end   zapcore.CheckWriteHook
}

// OnWrite is zap's: it is called after etcd's own words have been logged.
func (f fatal) OnWrite(e *zapcore.CheckedEntry, fields []zapcore.Field) {
	text := "etcd cannot go on, and the daemon ends: start it again"
	var why error
	for _, x := range fields {
		if err, ok := x.Interface.(error); ok {
			why = err
		}
	}
	if errors.Is(why, syscall.ENOSPC) || errors.Is(why, syscall.EDQUOT) {
		text = "the disk of etcd is full, and the daemon ends: make room on it, and start the daemon again"
	}
	f.log.Error(text, "etcd", f.where, "doing", e.Message, "error", why)
	f.end.OnWrite(e, fields)
}

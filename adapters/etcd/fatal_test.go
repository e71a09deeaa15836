package etcd

import (
	"bytes"
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// An etcd that cannot go on ends the process, and the last line says why, where and what to do.
func TestFatalSaysWhatToDo(t *testing.T) {
	for err, want := range map[error]string{
		&fs.PathError{Op: "write", Path: "db", Err: syscall.ENOSPC}: "make room on it, and start the daemon again",
		syscall.EIO: "start it again",
	} {
		var log bytes.Buffer
		cfg := embedded(t)
		cfg.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
		ended := make(chan bool)
		go func() {
			defer close(ended)
			zapOf(&cfg, zapcore.WriteThenGoexit).Named("bbolt").Fatal("failed to commit tx", zap.Error(err))
			t.Error("it went on")
		}()
		<-ended
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		last := lines[len(lines)-1]
		for _, x := range []string{want, cfg.Dir, "failed to commit tx", err.Error()} {
			if !strings.Contains(last, x) {
				t.Errorf("the last line lacks %q: %s", x, last)
			}
		}
	}
}

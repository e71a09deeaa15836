package etcd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/zap"
)

// What etcd says at the start of a new store is no error of ours; all others are.
func TestHarmlessErrorsAreLeftOut(t *testing.T) {
	var log bytes.Buffer
	z := zapTo(hclog.New(&hclog.LoggerOptions{Output: &log})).With(zap.String("member", "m"))
	z.Error("failed to update storage version")
	z.Error("disk is broken")
	if text := log.String(); strings.Contains(text, "storage version") || !strings.Contains(text, "disk is broken") {
		t.Errorf("it logs:\n%s", text)
	}
}

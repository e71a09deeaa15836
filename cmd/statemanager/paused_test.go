package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "statemanager/proto/statemanager/v1"
)

// Rule 9.1: a daemon that is paused for longer than its lease has lost the lead, and stands for election again by itself.
func TestPausedForLongerThanTheLease(t *testing.T) {
	exe, err := exec.LookPath("statemanager")
	if err != nil {
		t.Fatal(err)
	}
	dir, address := t.TempDir(), free(t)
	file := filepath.Join(dir, "statemanager.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, "listen: %s\ndata_dir: %s\npolicy: {embedded: true}\n", address, filepath.Join(dir, "data")), 0o600); err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	cmd := exec.Command(exe, "run", "--config", file)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			t.Errorf("the daemon ended with %v:\n%s", err, log.String())
		}
	})
	conn, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	leads := func(after time.Time) bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		v, err := pb.NewOperatorClient(conn).GetVersion(ctx, &pb.GetVersionRequest{})
		return err == nil && v.LeadingSince.AsTime().After(after)
	}
	eventually(t, "the daemon leads", func() bool { return leads(time.Time{}) })
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	<-time.After(7 * time.Second) // longer than the lease of 5 s: nothing can be seen of that from outside
	again := time.Now()
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the daemon leads again", func() bool { return leads(again) })
	if !strings.Contains(log.String(), "stands for election again") || bytes.Contains([]byte(log.String()), []byte("panic")) {
		t.Errorf("the log does not say so:\n%s", log.String())
	}
}

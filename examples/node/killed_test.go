package node

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	apiv1 "statemanager/proto/statemanager/v1"
)

// nodeDir makes the test binary a node over this directory, which prints its address.
const nodeDir = "NODE_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(nodeDir); dir != "" {
		n, err := New(Config{ID: "n1", Listen: "127.0.0.1:0", Dir: dir})
		if err == nil {
			err = n.Start()
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(n.Addr())
		select {}
	}
	os.Exit(m.Run())
}

// Rule 3.5: what was accepted by a node that was killed cannot be told; and its services died with it (rule 7.3).
func TestKilledNode(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), nodeDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	conn, err := grpc.NewClient(strings.TrimSpace(line), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := &rig{T: t, ctl: apiv1.NewActionControllerClient(conn)}
	r.do(create, specOf(t, "echo $$ >pid; "+forever))
	pid := 0
	eventually(t, "pid", func() bool {
		b, _ := os.ReadFile(filepath.Join(dir, "services", "default.web", "work", "0", "pid"))
		pid, err = strconv.Atoi(strings.TrimSpace(string(b)))
		return err == nil
	})
	slow := r.request(restart, specOf(t, forever, workWith("action_delay", "1h")))
	go r.ctl.ExecuteAction(t.Context(), slow)
	eventually(t, "accepted", func() bool { return len(entries(t, dir)) == 3 })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	eventually(t, "the service dies", func() bool { return dead(pid) })

	next := newRig(t, dir)
	if s := next.get(slow.Key).GetState(); s != apiv1.GetActionResponse_STATE_CANNOT_TELL {
		t.Errorf("asked after the kill: %v", s)
	}
	if _, err := next.ctl.ExecuteAction(t.Context(), slow); status.Code(err) != codes.Aborted {
		t.Errorf("sent again after the kill: %v", err)
	}
}

// dead says whether a process is gone, or waits for somebody to collect it.
func dead(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil && syscall.Kill(pid, 0) == syscall.ESRCH || strings.Contains(string(b), ") Z ")
}

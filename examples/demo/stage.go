package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	pb "statemanager/proto/statemanager/v1"
)

// nodes are the nodes of the demo.
var nodes = []string{"node-a", "node-b"}

const (
	daemonName  = "daemon"
	monitorName = "monitor"
)

// startWithin is how long the processes have to find each other: a cold machine with a slow disk needs most of it.
const startWithin = 60 * time.Second

// stage is what the scenarios are played on.
type stage struct {
	exe, dir  string
	temporary bool // the directory is removed at the end
	failed    bool // then it is kept, for its logs
	out       io.Writer
	within    time.Duration     // of all scenarios together
	addresses map[string]string // by name
	procs     map[string]*process
	conn      *grpc.ClientConn
	states    pb.StateManagerClient
	operator  pb.OperatorClient
}

func newStage(o Options) (_ *stage, err error) {
	s := &stage{exe: o.Exe, dir: o.Dir, out: o.Out, within: cmp.Or(o.Within, runWithin), procs: map[string]*process{}}
	if s.exe == "" {
		if s.exe, err = os.Executable(); err != nil {
			return nil, fmt.Errorf("find the own binary: %w", err)
		}
	}
	if s.addresses, err = freeAddresses(append(nodes, daemonName, monitorName)); err != nil {
		return nil, err
	}
	if s.dir == "" {
		s.temporary = true
		s.dir, err = os.MkdirTemp("", "statemanager-demo-")
	} else {
		s.dir, err = filepath.Abs(s.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("make directory: %w", err)
	}
	return s, nil
}

// say shows a text, its times as the clock beside it shows them.
func (s *stage) say(format string, args ...any) {
	fmt.Fprint(s.out, localTimes(fmt.Sprintf(format, args...), time.Local))
}

func (s *stage) logs() string           { return filepath.Join(s.dir, "logs") }
func (s *stage) alerts() string         { return filepath.Join(s.dir, "alerts.jsonl") }
func (s *stage) ledger(n string) string { return filepath.Join(s.dir, n, "ledger.jsonl") }

// config is the daemon's configuration.
const config = `listen: %s
data_dir: data
node_timeout: 5s
nodes:
  - {id: node-a, agent: "%s", controller: "%[2]s"}
  - {id: node-b, agent: "%s", controller: "%[3]s"}
monitoring: {address: "%s"}
policy: {directory: policies, layers: [site]}
log: {level: debug}
`

// build writes the files, starts all processes and waits until both nodes are synced.
func (s *stage) build(ctx context.Context) error {
	for _, dir := range []string{s.logs(), filepath.Join(s.dir, "services")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make directory: %w", err)
		}
	}
	if err := s.furnish(); err != nil {
		return err
	}
	if err := s.writePack(); err != nil {
		return err
	}
	text := fmt.Sprintf(config, s.addresses[daemonName], s.addresses[nodes[0]], s.addresses[nodes[1]], s.addresses[monitorName])
	if err := os.WriteFile(filepath.Join(s.dir, "statemanager.yaml"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err := s.start(monitorName, "example", "monitor", "--listen", s.addresses[monitorName], "--file", s.alerts()); err != nil {
		return err
	}
	for _, n := range nodes {
		if err := s.start(n, "example", "node", "--id", n, "--listen", s.addresses[n], "--dir", n); err != nil {
			return err
		}
	}
	if err := s.startDaemon(); err != nil {
		return err
	}
	if err := s.dial(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := s.synced(ctx); err != nil {
		return fmt.Errorf("start the demo: %w; the logs are in %s", err, s.logs())
	}
	s.say("a daemon at %s on embedded etcd, node-a, node-b and a MonitoringServer run; everything is in %s\n", s.addresses[daemonName], s.dir)
	return nil
}

func (s *stage) startDaemon() error {
	return s.start(daemonName, "run", "--config", "statemanager.yaml")
}

func (s *stage) dial() (err error) {
	s.conn, err = grpc.NewClient("passthrough:///"+s.addresses[daemonName], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("dial the daemon: %w", err)
	}
	s.states, s.operator = pb.NewStateManagerClient(s.conn), pb.NewOperatorClient(s.conn)
	return nil
}

// synced waits until the daemon has heard all of both nodes.
func (s *stage) synced(ctx context.Context) error {
	return s.poll(ctx, "both nodes to be synced", func() (bool, error) {
		q, err := s.states.QueryState(ctx, &pb.StateQueryRequest{})
		if err != nil {
			return false, nil // it is not there yet
		}
		n := 0
		for _, x := range q.Nodes {
			if x.State == "synced" {
				n++
			}
		}
		return n == len(nodes), nil
	})
}

// poll asks often until it is so, or ctx ends, or the daemon has ended.
func (s *stage) poll(ctx context.Context, what string, ok func() (bool, error)) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if yes, err := ok(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited for %s: %w", what, ctx.Err())
		case <-s.procs[daemonName].done:
			return fmt.Errorf("waited for %s: the daemon has ended; see %s", what, filepath.Join(s.logs(), daemonName+".log"))
		case <-tick.C:
		}
	}
}

// strike ends all processes, the daemon first, and removes a temporary directory unless its logs are of use.
func (s *stage) strike() error {
	var errs []error
	if s.conn != nil {
		errs = append(errs, s.conn.Close())
	}
	for _, name := range append([]string{daemonName, monitorName}, nodes...) {
		if p := s.procs[name]; p != nil {
			errs = append(errs, p.end(syscall.SIGTERM))
		}
	}
	if s.temporary && !s.failed {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// keep stays until ctx ends.
func (s *stage) keep(ctx context.Context) {
	web := 0
	for _, p := range s.processes(namespace + "/web") {
		web = p.PID
	}
	s.say(`
== it stays up until Ctrl-C. Try, in another terminal:
   export STATEMANAGER_ADDRESS=%s
   cd %s
   %[3]s get services; %[3]s get nodes; %[3]s events --decisions
   %[3]s explain web                  how it stands, why, and what comes next
   kill -9 %[4]d                       the process of web: and ask again
   %[3]s apply -f services/web.yaml   after an edit; %[3]s retry web starts its recovery afresh
   kill -9 %[5]d                       the daemon; start it again: %[3]s run --config statemanager.yaml
   $EDITOR policies/data.yaml         or site/data.yaml: the next decision follows; %[3]s policy status says what is wrong
   tail -f logs/daemon.log alerts.jsonl node-a/ledger.jsonl
`, s.addresses[daemonName], s.dir, s.exe, web, s.procs[daemonName].cmd.Process.Pid)
	<-ctx.Done()
	if s.temporary {
		s.say("\n== it stops, and removes %s\n", s.dir)
	}
}

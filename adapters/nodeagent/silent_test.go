package nodeagent_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"statemanager/adapters/adaptertest"
	"statemanager/engine"
	apiv1 "statemanager/proto/statemanager/v1"
)

// TestRule2_4HalfOpen: a stream on which nothing is heard for node_timeout is silent, in virtual time: not before, not
// while heartbeats come, and not for the time that the daemon itself took over a message. The next connection is a new
// one.
func TestRule2_4HalfOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 10 * time.Second
		a := &agent{}
		p := adaptertest.Run(t, link(serve(t, a), timeout))
		s := <-a.streams
		s.out <- info("n1", 7)
		p.Changed(engine.AgentConnected)
		for range 5 {
			time.Sleep(timeout - time.Second)
			s.out <- &apiv1.StateDiffEvent{Event: &apiv1.StateDiffEvent_Heartbeat{}}
		}
		s.out <- seen(diff(1))
		synctest.Wait()
		time.Sleep(2 * timeout) // the daemon is slow to take it
		p.Diff()
		heard := time.Now()
		p.Changed(engine.AgentSilent)
		if d := time.Since(heard); d != timeout {
			t.Errorf("silent after %s, want %s", d, timeout)
		}
		<-s.ended
		(<-a.streams).out <- info("n1", 8)
		if c := p.Changed(engine.AgentConnected); c.Start != 8 {
			t.Errorf("connected as %+v", c)
		}
		p.Stop()
	})
}

// TestBackoff: an agent that is refused is tried again after 200 ms, doubling to 5 s, in virtual time: never sooner than
// half of that, and for ever. It is said once a minute, with the address as it was configured.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &agent{}
		var log bytes.Buffer
		l := link(serve(t, a), 10*time.Second)
		l.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
		p := adaptertest.Run(t, l)
		for n := range 12 {
			began := time.Now()
			s := <-a.streams
			most := min(200*time.Millisecond<<max(n-1, 0), 5*time.Second)
			if d := time.Since(began); n > 0 && (d < most/2 || d > most) {
				t.Errorf("attempt %d came after %s, want %s to %s", n, d, most/2, most)
			}
			close(s.out)
		}
		p.Stop()
		if n := strings.Count(log.String(), "link is down"); n != 1 {
			t.Errorf("within a minute it is said %d times:\n%s", n, &log)
		}
	})
}

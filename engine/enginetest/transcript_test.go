package enginetest

import (
	"flag"
	"iter"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"
)

// TestTranscripts runs the stories in testdata: a command, and below it everything that it led to. `go test -rewrite`
// writes them anew; what changed is to be read like code. No story may break an invariant.
func TestTranscripts(t *testing.T) {
	for _, file := range transcripts(t) {
		t.Run(title(file), func(t *testing.T) {
			w := New()
			datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
				written := len(w.Transcript())
				if err := w.Run(d.FullCmd()); err != nil {
					d.Fatalf(t, "%v", err)
				}
				return w.Transcript()[written:]
			})
			for _, f := range w.Faults {
				t.Error(f)
			}
		})
	}
}

func transcripts(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("find transcripts: %v, %d files", err, len(files))
	}
	return files
}

func title(file string) string { return strings.TrimSuffix(filepath.Base(file), ".txt") }

var single = flag.Int("moments", 12, "at how many moments of a transcript a daemon is killed once, beside after each step in one run")

// TestRestarted runs each transcript with a daemon that is killed after each step, and with daemons that are killed once, after
// a save or a step (rule 8.4): given time, the phase, the effective spec and last_good of each service come out the same, and
// no invariant is broken on the way.
func TestRestarted(t *testing.T) {
	for _, file := range transcripts(t) {
		t.Run(title(file), func(t *testing.T) {
			plain := ended(t, file, Restarts{})
			compare(t, file, plain, Restarts{Every: true})
			for n := range moments(plain.store.saves) {
				compare(t, file, plain, Restarts{Save: n})
			}
			for n := range moments(plain.steps) {
				compare(t, file, plain, Restarts{Step: n})
			}
		})
	}
}

// moments are the numbers from 1 to most at which a daemon is killed once: as many as -moments says, spread evenly.
func moments(most int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range min(most, *single) {
			if !yield(1 + i*most/min(most, *single)) {
				return
			}
		}
	}
}

// ended runs a transcript for its end alone.
func ended(t *testing.T, file string, r Restarts) *World {
	t.Helper()
	w := New()
	w.Restarts = r
	datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
		if err := w.Run(d.FullCmd()); err != nil {
			d.Fatalf(t, "%v", err)
		}
		return d.Expected // what it says is TestTranscripts' affair
	})
	w.Advance(3 * time.Hour)
	return w
}

func compare(t *testing.T, file string, plain *World, r Restarts) {
	t.Helper()
	w := ended(t, file, r)
	for _, f := range w.Faults {
		t.Errorf("%+v: %s", r, f)
	}
	if a, b := plain.ends(), w.ends(); a != b {
		t.Errorf("%+v: a restart changes how it ends\nwithout: %s\nwith:    %s\n%s", r, a, b, w.Transcript())
	}
}

// ends is what a restart must not change.
func (w *World) ends() string {
	var out []string
	for _, id := range sortedIDs(w.store.records) {
		out = append(out, id.Name+" "+endText(w.store.record(id)))
	}
	return strings.Join(out, "; ")
}

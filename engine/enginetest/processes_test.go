package enginetest

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// told is set in the environment of a copy of this test binary that is only to print all transcripts.
const told = "ENGINETEST_TELL"

// TestTwoProcesses: the same events and decisions give the same bytes, also in another process, where Go's maps are in
// another order.
func TestTwoProcesses(t *testing.T) {
	mine := allTold(t)
	if os.Getenv(told) != "" {
		if _, err := os.Stdout.WriteString(mine); err != nil {
			t.Fatal(err)
		}
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c := exec.Command(self, "-test.run=^TestTwoProcesses$")
		c.Env = append(os.Environ(), told+"=1")
		out, err := c.Output()
		if err != nil {
			t.Fatalf("run a copy of the test: %v\n%s", err, out)
		}
		if !bytes.HasPrefix(out, []byte(mine)) {
			t.Fatal(firstDifference(mine, string(out)))
		}
	}
}

// allTold are all transcripts and a random story, as they are now.
func allTold(t *testing.T) string {
	var all strings.Builder
	for _, file := range transcripts(t) {
		w := New()
		datadriven.RunTest(t, file, func(t *testing.T, d *datadriven.TestData) string {
			if err := w.Run(d.FullCmd()); err != nil {
				d.Fatalf(t, "%v", err)
			}
			return d.Expected
		})
		all.WriteString(w.Transcript())
	}
	for seed := range uint64(10) {
		all.WriteString(tell(seed, seed%2 == 0).w.Transcript())
	}
	return all.String()
}

func firstDifference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(as), len(bs)) {
		if as[i] != bs[i] {
			return "two processes differ:\n" + strings.Join(as[max(0, i-5):i+1], "\n") + "\n--- or ---\n" + bs[i]
		}
	}
	return "two processes differ in length"
}

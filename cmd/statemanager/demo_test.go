package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"statemanager/examples/demo"
)

// update takes the transcript of the README from the demo: go test ./cmd/statemanager -run TestDemo -update
var update = flag.Bool("update", false, "write what the demo shows of a killed process into the README")

// readmeFile has the transcript between these lines.
const (
	readmeFile  = "../../README.md"
	transcript  = "<!-- transcript -->\n"
	endOfScript = "<!-- end of transcript -->"
)

// TestDemo plays the whole demo with real processes of this binary, and holds what it leaves against the contract:
// the ledger of the example controller, and the transcript in the README.
func TestDemo(t *testing.T) {
	exe, err := exec.LookPath("statemanager")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var out bytes.Buffer
	o := demo.Options{Out: &out, Exe: exe, Dir: dir, Report: filepath.Join(dir, "report.jsonl"), Within: 5 * time.Minute} // the machine may be busy
	err = demo.Run(t.Context(), o)
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "logs", "daemon.log"))
		t.Fatalf("%v\n%s\nThe daemon's log ends with:\n%s", err, out.String(), log[max(0, len(log)-8000):])
	}
	t.Run("rules 3.2 and 3.5: killed with -9 during an action", func(t *testing.T) { judgeLedger(t, filepath.Join(dir, "node-a", "ledger.jsonl")) })
	t.Run("report", func(t *testing.T) { judgeReport(t, filepath.Join(dir, "report.jsonl")) })
	t.Run("transcript", func(t *testing.T) { judgeTranscript(t, out.String()) })
}

// judgeLedger: the service whose action the daemon was killed in has each key accepted once, and the ladder in order.
func judgeLedger(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	type key struct{ epoch, seq int64 }
	times, fences, kinds := map[key]int{}, map[int64]bool{}, []string{}
	for line := range strings.Lines(string(text)) {
		var e struct {
			Resource, Kind, Event string
			Epoch, Seq, Fence     int64
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		if e.Resource != "default/slow" {
			continue
		}
		fences[e.Fence] = true
		if e.Event == "accepted" {
			times[key{e.Epoch, e.Seq}]++
			kinds = append(kinds, e.Kind)
		}
	}
	for k, n := range times {
		if n != 1 {
			t.Errorf("key %v was accepted %d times", k, n)
		}
	}
	if got, want := strings.Join(kinds, " "), "create restart restart recreate isolate"; got != want {
		t.Errorf("accepted %s, want %s", got, want)
	}
	if len(fences) != 2 {
		t.Errorf("fences %v, want those of two leaders", fences)
	}
}

// judgeReport: one object a scenario, with all that is promised.
func judgeReport(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		var r demo.Result
		d := json.NewDecoder(strings.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		quiet := r.Name == "frozen" // rule 7.1: at a silent node nothing is seen and nothing is done
		if n++; !r.Passed || r.Seconds <= 0 || len(r.Decisions) == 0 || len(r.Phases) == 0 ||
			(len(r.Diffs) == 0) != quiet || (len(r.Actions) == 0) != quiet || len(r.Evidence.Before)+len(r.Evidence.After) == 0 {
			t.Errorf("%s says too little, or too much: %s", r.Name, line)
		}
	}
	if want := len(strings.Split(demo.Names(), ", ")); n != want {
		t.Errorf("%d scenarios, want %d", n, want)
	}
}

// masks hide what differs from run to run.
var masks = []struct {
	re *regexp.Regexp
	by string
}{
	{regexp.MustCompile(`\d\d:\d\d:\d\d(\.\d+)?`), "TIME"},
	{regexp.MustCompile(`(pid|kill -9) \d+`), "$1 N"},
	{regexp.MustCompile(`\(\d+\.\d+\)`), "(KEY)"},
	{regexp.MustCompile(`revision \d+`), "revision N"},
	{regexp.MustCompile(`policy [0-9a-f]{12}`), "policy REVISION"},
	{regexp.MustCompile(`\.rego:[\d,]+`), ".rego:LINES"},
	{regexp.MustCompile(`\d+\.\d s`), "SECONDS"},
}

func mask(line string) string {
	for _, m := range masks {
		line = m.re.ReplaceAllString(line, m.by)
	}
	return strings.Join(strings.Fields(line), " ")
}

// judgeTranscript: each line of the README's transcript was shown, in its order.
func judgeTranscript(t *testing.T, out string) {
	readme, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	before, block, found := strings.Cut(string(readme), transcript)
	block, after, closed := strings.Cut(block, endOfScript)
	if !found || !closed {
		t.Fatal("README.md has no transcript")
	}
	if *update {
		_, story, _ := strings.Cut(out, "\n== kill")
		story, _, _ = strings.Cut(story, "\n\n==")
		block = "```\n== kill" + story + "\n```\n"
		if err := os.WriteFile(readmeFile, []byte(before+transcript+block+endOfScript+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var shown []string
	for line := range strings.Lines(out) {
		shown = append(shown, mask(line))
	}
	n := 0
	for line := range strings.Lines(block) {
		want := mask(line)
		if want == "" || strings.HasPrefix(want, "```") || strings.Contains(want, "diff none") { // when it comes varies
			continue
		}
		for n < len(shown) && shown[n] != want {
			n++
		}
		if n == len(shown) {
			t.Fatalf("README.md shows a line that the demo does not, or elsewhere:\n%s", line)
		}
	}
	if n == 0 {
		t.Error("the transcript is empty")
	}
}

package statemanager_test

import (
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// ruleName is a rule as docs/contract.md begins it, ruleNamed as a test names one or several: rule 2.1, rules 1.3 and 2.1.
var (
	ruleName  = regexp.MustCompile(`(?m)^\*\*(\d\.\d)`)
	ruleNamed = regexp.MustCompile(`(?i)rules? \d\.\d(?:(?:, | and |, and )\d\.\d)*`)
	ruleDigit = regexp.MustCompile(`\d\.\d`)
)

// TestContract holds that each rule of docs/contract.md has a test that names it, and that no test names a rule that is not
// there.
func TestContract(t *testing.T) {
	text, err := os.ReadFile("docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	var rules []string
	for _, m := range ruleName.FindAllStringSubmatch(string(text), -1) {
		rules = append(rules, m[1])
	}
	if len(rules) < 40 {
		t.Fatalf("docs/contract.md has %d rules: is its form another?", len(rules))
	}
	held := map[string]string{}
	for _, file := range testFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(strings.NewReplacer("//", "", "#", "").Replace(string(text))), " ")
		for _, named := range ruleNamed.FindAllString(words, -1) {
			for _, rule := range ruleDigit.FindAllString(named, -1) {
				if held[rule] = file; !slices.Contains(rules, rule) {
					t.Errorf("%s names rule %s, which docs/contract.md does not have", file, rule)
				}
			}
		}
	}
	for _, rule := range rules {
		if held[rule] == "" {
			t.Errorf("no test names rule %s of docs/contract.md", rule)
		}
	}
}

// testFiles are the tests, transcripts included.
func testFiles(t *testing.T) (out []string) {
	t.Helper()
	for _, s := range sources(t) {
		if s.test || strings.HasPrefix(s.path, "adapters/adaptertest/") || strings.HasPrefix(s.path, "engine/enginetest/") {
			out = append(out, s.path)
		}
	}
	for _, glob := range []string{"engine/enginetest/testdata/*.txt", "cmd/statemanager/testdata/*.txt*", "cmd/statemanager/testdata/*/*.txt*"} {
		files, err := fs.Glob(os.DirFS("."), glob)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, files...)
	}
	return out
}

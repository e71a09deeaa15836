package policies_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"statemanager/policies"
)

var source = regexp.MustCompile(`(?i)\b(kubelet|kubernetes|nomad|systemd|sysexits|ours)\b`)

// data.yaml says of each table with numbers where they come from, as docs/policy.md promises.
func TestNumbersHaveASource(t *testing.T) {
	var doc yaml.Node
	if err := yaml.Unmarshal(policies.Files()["data.yaml"], &doc); err != nil {
		t.Fatal(err)
	}
	tables, found := doc.Content[0].Content, 0
	for i := 0; i < len(tables); i += 2 {
		if numbers(tables[i+1]) == 0 {
			continue
		}
		if found++; !source.MatchString(tables[i].HeadComment + comments(tables[i+1])) {
			t.Errorf("data.yaml:%d: %s has numbers without a source; without one, say why it is ours", tables[i].Line, tables[i].Value)
		}
	}
	if found < 9 {
		t.Errorf("%d tables with numbers", found)
	}
}

// numbers are the tunable numbers and lengths of time below a node; a rank is an order.
func numbers(n *yaml.Node) (sum int) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && (i%2 == 0 || n.Content[i-1].Value == "rank") {
			continue
		}
		sum += numbers(c)
	}
	if _, err := time.ParseDuration(n.Value); n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || err == nil) {
		sum++
	}
	return sum
}

// comments are all that stand below a node.
func comments(n *yaml.Node) string {
	all := []string{n.HeadComment, n.LineComment, n.FootComment}
	for _, c := range n.Content {
		all = append(all, comments(c))
	}
	return strings.Join(all, "\n")
}

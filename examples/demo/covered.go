package demo

import (
	"maps"
	"slices"
	"strings"
)

// Everything that the demo has to show: each kind of difference and each action of recovery. A human is told by an alert,
// which scenario crash waits for.
var (
	differences = []string{"existence", "scale", "version", "config", "status"}
	recoveries  = []string{"restart", "recreate", "rollback", "reset_config", "relocate", "isolate"}
)

// covered shows what was seen and done, and holds that nothing is missing.
func (s *stage) covered(results []*Result) error {
	seen, done := map[string]bool{}, map[string]bool{}
	for _, r := range results {
		for _, part := range differences {
			if hasPart(r.Diffs, part) {
				seen[part] = true
			}
		}
		for _, a := range r.Actions {
			if a.Result == "succeeded" {
				done[a.Kind] = true
			}
		}
	}
	s.say("   differences seen   %s\n", strings.Join(slices.Sorted(maps.Keys(seen)), " "))
	s.say("   actions that worked   %s\n", strings.Join(slices.Sorted(maps.Keys(done)), " "))
	missing := slices.DeleteFunc(slices.Clone(differences), func(x string) bool { return seen[x] })
	missing = append(missing, slices.DeleteFunc(slices.Clone(recoveries), func(x string) bool { return done[x] })...)
	return expect(len(missing) == 0, "every difference and every action of recovery, without %s", strings.Join(missing, ", "))
}

// hasPart says whether a difference of a kind is among those that were seen.
func hasPart(diffs []string, part string) bool {
	return slices.ContainsFunc(diffs, func(d string) bool { return strings.Contains(" "+d, " "+part+"=") })
}

package demo

import (
	"maps"
	"slices"
	"strings"
)

// Everything that the demo has to show: each kind of difference and each action of recovery. The seventh, notify, goes to the
// MonitoringServer and to no controller, so it is not among the actions that end: it is seen in what a human was told.
var (
	differences = []string{"existence", "scale", "version", "config", "status"}
	recoveries  = []string{"restart", "recreate", "rollback", "reset_config", "relocate", "isolate"}
)

// covered shows what was seen and done, and holds that nothing is missing.
func (s *stage) covered(results []*Result) error {
	seen, done, told := map[string]bool{}, map[string]bool{}, 0
	for _, r := range results {
		told += len(r.Told)
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
	s.say("   alerts to a human   %d\n", told)
	missing := slices.DeleteFunc(slices.Clone(differences), func(x string) bool { return seen[x] })
	missing = append(missing, slices.DeleteFunc(slices.Clone(recoveries), func(x string) bool { return done[x] })...)
	if told == 0 {
		missing = append(missing, "notify")
	}
	return expect(len(missing) == 0, "every difference and every action of recovery, without %s", strings.Join(missing, ", "))
}

// hasPart says whether a difference of a kind is among those that were seen.
func hasPart(diffs []string, part string) bool {
	return slices.ContainsFunc(diffs, func(d string) bool { return strings.Contains(" "+d, " "+part+"=") })
}

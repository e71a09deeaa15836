package wire

import (
	"maps"
	"regexp"
	"slices"
)

// maxFact is how many bytes the value of a site's fact may have.
const maxFact = 253

// factName is a name that rules can read: site.NAME.
var factName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)

// SiteOps are the operations that set facts of the site, in order of names; an empty value takes a fact away. An Invalid
// error names the fact.
func SiteOps(facts map[string]string) (ops []Op, err error) {
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		value := facts[name]
		if !factName.MatchString(name) || len(value) > maxFact {
			return nil, invalid("write fact %.80q: a name is lower-case letters, digits and '_', a value has at most %d bytes", name, maxFact)
		}
		op := Op{Key: SiteKeys + name + "/"}
		if value != "" {
			op.Value = []byte(value)
		}
		ops = append(ops, op)
	}
	return ops, nil
}

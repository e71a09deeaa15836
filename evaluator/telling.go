package evaluator

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"statemanager/engine"
)

// ruleWords are the words of the rules that add to a set, by their places: of skip.no_target contains "relocate" they are
// no_target and relocate.
func ruleWords(comp *ast.Compiler) map[engine.Place][]string {
	out := map[engine.Place][]string{}
	for _, m := range comp.Modules {
		ast.WalkRules(m, func(r *ast.Rule) bool {
			if r.Head.RuleKind() != ast.MultiValue {
				return false
			}
			words := refNames(r.Head.Ref())[1:]
			if key, ok := r.Head.Key.Value.(ast.String); ok {
				words = append(words, string(key))
			}
			out[placeOf(r)] = words
			return false
		})
	}
	return out
}

// telling are those of the rules that held that a human wants to read of a decision: the branch of the entrypoint that
// answered, and the rules whose reason or action it names. What they are computed from is left out.
func (p *Policy) telling(e *entrypoint, rules []engine.Place, answer any, reasons []engine.Reason) []engine.Place {
	var named []string
	for _, r := range reasons {
		named = append(named, r.Code)
	}
	for _, f := range engine.Fields(answer, p.tables) {
		named = append(named, strings.Fields(f.Value)...)
	}
	out := slices.DeleteFunc(slices.Clone(rules), func(at engine.Place) bool {
		return p.rules[at] != e.path() && !slices.ContainsFunc(p.words[at], func(w string) bool { return slices.Contains(named, w) })
	})
	if len(out) == 0 {
		return rules
	}
	return out
}

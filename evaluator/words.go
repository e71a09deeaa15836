package evaluator

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/agnivade/levenshtein"

	"statemanager/engine"
)

// words are all strings that rules of a pack may use: what a fact may be, what an answer may say, what the tables and
// their shapes name, and the codes and arguments of reasons.
type words map[string]bool

// answerWords are what the daemon understands in answers, besides actions, issues and phases.
var answerWords = []string{"reasons", "code", "args", "run", "defer", "unwell", "all", string(engine.Wait), string(engine.GiveUp), string(engine.Replan)}

// answerTypes are the types whose tags name the fields of answers.
var answerTypes = []any{
	engine.PlanAnswer{}, engine.TransitionAnswer{}, engine.AllowedAnswer{}, engine.RecoveryAnswer{},
	engine.PlacementAnswer{}, engine.StabilityAnswer{}, engine.DispatchAnswer{}, engine.StrategyAnswer{},
}

func newWords(d *declarations) words {
	w := words{}
	w.add(answerWords...)
	for _, a := range answerTypes {
		for t, i := reflect.TypeOf(a), 0; i < t.NumField(); i++ {
			w.add(t.Field(i).Tag.Get("answer"))
		}
	}
	for _, e := range entrypoints {
		for i := range e.known {
			w.add(e.known[i].path...)
			w.add(e.known[i].words...)
		}
	}
	w.value(d.data)
	for _, s := range d.all() {
		w.schema(s)
	}
	for _, r := range d.data.at("reasons").keys() {
		if text, ok := d.data.at("reasons", r).scalar.(string); ok {
			w.add(placeholders(text)...)
		}
	}
	return w
}

func (d *declarations) all() []*schema {
	out := []*schema{d.common, d.shapes}
	for _, s := range d.pkgs {
		out = append(out, s)
	}
	for _, s := range d.rules {
		out = append(out, s)
	}
	return out
}

func (w words) add(list ...string) {
	for _, s := range list {
		w[s] = true
	}
}

func (w words) value(v *value) {
	for k, f := range v.fields {
		w.add(k)
		w.value(f)
	}
	for _, x := range v.items {
		w.value(x)
	}
	if s, ok := v.scalar.(string); ok {
		w.add(s)
	}
}

func (w words) schema(s *schema) {
	w.add(s.words()...)
	for name, p := range s.Properties {
		w.add(name)
		w.schema(p)
	}
	for _, p := range s.each() {
		w.schema(p)
	}
}

// known says whether a rule may use a string; lengths of time always.
func (w words) known(s string) bool {
	if w[s] {
		return true
	}
	_, err := time.ParseDuration(s)
	return err == nil
}

func (w words) list() (out []string) {
	for s := range w {
		out = append(out, s)
	}
	return out
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// placeholders are the names of the arguments in a sentence.
func placeholders(sentence string) (out []string) {
	for _, m := range placeholder.FindAllStringSubmatch(sentence, -1) {
		out = append(out, m[1])
	}
	return out
}

// suggest is the word that was probably meant, as the end of a sentence.
func suggest(got string, from []string) string {
	if best := nearest(got, from); best != "" && best != got {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	return ""
}

// nearest is the word that is most like another one; "" if none is near: half of a short word at least, and more of a
// long one, is as it should be.
func nearest(got string, from []string) string {
	best, least := "", min(len(got)/2, max(2, len(got)/3))+1
	for _, w := range from {
		if n := levenshtein.ComputeDistance(got, w); n < least || n == least && best != "" && w < best {
			best, least = w, n
		}
	}
	return best
}

func quote(s string) string { return strconv.Quote(s) }

// list is a list of words for a human.
func list(words []string) string {
	if len(words) > 12 {
		words = append(words[:12:12], "...")
	}
	return "one of " + strings.Join(words, ", ")
}

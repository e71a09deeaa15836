package evaluator

import (
	"reflect"
	"strconv"
	"strings"

	"statemanager/engine"
)

// prefix is the package under which the daemon asks.
const prefix = "statemanager"

const other = "other" // the word for whatever no row of a table names

// entrypoint is a question that the daemon asks, as the types of package engine say it.
type entrypoint struct {
	name   string // such as recovery.decision
	facts  reflect.Type
	known  []knownFact
	decode func(*answer) any
	none   any // the zero answer, which goes with a fail-safe
}

// entrypoints are all questions, in the order of the contract.
var entrypoints = []*entrypoint{
	newEntrypoint(engine.PlanFacts{}, decodePlan),
	newEntrypoint(engine.TransitionFacts{}, decodeTransition),
	newEntrypoint(engine.AllowedFacts{}, decodeAllowed),
	newEntrypoint(engine.RecoveryFacts{}, decodeRecovery),
	newEntrypoint(engine.PlacementFacts{}, decodePlacement),
	newEntrypoint(engine.StabilityFacts{}, decodeStability),
	newEntrypoint(engine.DispatchFacts{}, decodeDispatch),
	newEntrypoint(engine.StrategyFacts{}, decodeStrategy),
}

func newEntrypoint[A any](facts any, decode func(*answer) A) *entrypoint {
	t := reflect.TypeOf(facts)
	return &entrypoint{
		name: engine.Entrypoint(facts), facts: t, known: knownFacts(t, nil, nil), none: *new(A),
		decode: func(a *answer) any { return decode(a) },
	}
}

// pkg is the package that answers, such as statemanager.recovery.
func (e *entrypoint) pkg() string { return e.path()[:strings.LastIndexByte(e.path(), '.')] }

// path is the full name of the rule, without data.
func (e *entrypoint) path() string { return prefix + "." + e.name }

// factKind is what a fact may be.
type factKind int

const (
	word  factKind = iota // one of a list
	flag                  // a boolean
	count                 // 0..max
)

// knownFact is a fact that the daemon can send.
type knownFact struct {
	path  []string // in input
	index []int    // of the struct's field
	kind  factKind
	words []string // besides the keys of table
	table string   // whose keys, and `other`, are words; with rows, whose keys are names
	rows  bool     // one value for each row of table
	max   int
}

// knownFacts reads the tags of a struct of facts.
func knownFacts(t reflect.Type, path []string, index []int) (out []knownFact) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ft := f.Tag, f.Type
		at := append(index[:len(index):len(index)], i)
		name := path[:len(path):len(path)]
		if n := tag.Get("fact"); n != "" {
			name = append(name, strings.Split(n, ".")...)
		}
		if ft.Kind() == reflect.Struct {
			out = append(out, knownFacts(ft, name, at)...)
			continue
		}
		k := knownFact{path: name, index: at, table: tag.Get("keys")}
		if ft.Kind() == reflect.Array {
			k.rows, ft = true, ft.Elem()
		}
		switch ft.Kind() {
		case reflect.Bool:
			k.kind = flag
		case reflect.Uint8:
			k.kind = count
			k.max, _ = strconv.Atoi(tag.Get("max"))
		default:
			if v := tag.Get("values"); v != "" {
				k.words = strings.Split(v, ",")
			}
		}
		out = append(out, k)
	}
	return out
}

func (k *knownFact) name() string { return "input." + strings.Join(k.path, ".") }

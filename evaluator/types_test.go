package evaluator

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
)

// stock says whether `opa check --strict` takes a pack.
func stock(f Files) bool {
	comp := ast.NewCompiler().WithStrict(true).WithUseTypeCheckAnnotations(true)
	comp.Compile(read(f, &gate{}).rules())
	return !comp.Failed()
}

// TestNamesOfTables: the gates with CheckTypes, and stock OPA, agree about the names that x-keys stand for.
// Stock OPA needs those of the site written out beside the built-in ones, as docs/policy.md says.
func TestNamesOfTables(t *testing.T) {
	row := set("actions.reboot-ecu", "{custom: true, rank: 125, disruptive: true, impact: stops, estimated_duration: 40s, timeout: 60s}")
	wait := func(what string) edit { return own(`wait contains "held" if ` + what) }
	named := replace("recovery/facts.rego", "#         notify: *count\n", "#         notify: *count\n#         reboot-ecu: *count\n")
	for name, c := range map[string]struct {
		edits       []edit
		ours, stock bool
	}{
		"built in":        {[]edit{wait("input.tries.notify > 19")}, true, true},
		"mistyped":        {[]edit{wait("input.tries.rstart > 19")}, false, false},
		"custom":          {[]edit{row, wait(`input.tries["reboot-ecu"] > 19`)}, true, false},
		"custom, named":   {[]edit{row, named, wait(`input.tries["reboot-ecu"] > 19`)}, true, true},
		"custom, no row":  {[]edit{wait(`input.tries["reboot-ecu"] > 19`)}, false, false},
		"profile":         {[]edit{wait("data.profiles.safety.priority > 9")}, true, false},
		"profile, no row": {[]edit{wait("data.profiles.savety.priority > 9")}, false, false},
		"age, no row":     {[]edit{wait("input.recent.sepc")}, false, true},
		"issue, no row":   {[]edit{wait("data.strategies.fire")}, false, true},
		"site's layer":    {[]edit{printed("A layer with all of it")}, true, false},
	} {
		f := pack(t, c.edits...)
		_, r := Check(t.Context(), f)
		if r.OK() {
			CheckTypes(f, &r)
		}
		if r.OK() != c.ours {
			t.Errorf("%s: policy check says %v", name, r.Err())
		}
		if stock(f) != c.stock {
			t.Errorf("%s: stock OPA takes it: %v", name, !c.stock)
		}
	}
}

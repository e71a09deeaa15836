package evaluator

import "github.com/open-policy-agent/opa/v1/ast"

// CheckTypes lets OPA's own type checker hold the rules against the declared facts and shapes of data, and adds what it
// finds to the report of a pack that has passed Check. It takes about as long as compiling does, finds little that the
// gates do not, and names no word of a table: so it is for those who edit, and no gate of the daemon.
func CheckTypes(f Files, r *Report) {
	g := &gate{name: GateTypes}
	s := read(f, &gate{})
	comp := ast.NewCompiler().WithCapabilities(capabilities(false)).WithUseTypeCheckAnnotations(true)
	if comp.Compile(s.rules()); comp.Failed() {
		compileErrors(comp.Errors, place{}, g)
	}
	g.close(r)
}

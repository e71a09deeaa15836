package evaluator

import (
	"testing"

	"statemanager/policies"
)

func TestDefaultPack(t *testing.T) {
	p, r := Check(t.Context(), Files(policies.Files()))
	for _, x := range r.Problems {
		t.Log(x.Severity, x.Gate, x)
	}
	if p == nil || len(r.Problems) > 0 {
		t.Fatal("the default pack must pass without a warning")
	}
	t.Log(r.Tests, r.Passed, r.Took)
}

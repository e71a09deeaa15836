package node

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"go.yaml.in/yaml/v3"
	"google.golang.org/protobuf/encoding/protojson"

	apiv1 "statemanager/proto/statemanager/v1"
)

// The example services are specs that this node can start.
func TestExampleServices(t *testing.T) {
	files, err := filepath.Glob("../services/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no example services", err)
	}
	for _, file := range files {
		id, spec := readService(t, file)
		if _, err := idOf(id); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		r := newRig(t, t.TempDir())
		if o := r.send(r.request(create, spec)); o.GetResult() != apiv1.Outcome_RESULT_SUCCEEDED {
			t.Errorf("%s: %v", file, o)
		}
	}
}

func readService(t *testing.T, file string) (*apiv1.ResourceId, *apiv1.ServiceSpec) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Kind, Namespace, Name string
		Spec                  map[string]any
	}
	if err := yaml.Unmarshal(b, &doc); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	if b, err = json.Marshal(doc.Spec); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	spec := &apiv1.ServiceSpec{}
	if err := protojson.Unmarshal(b, spec); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return &apiv1.ResourceId{Kind: doc.Kind, Namespace: doc.Namespace, Name: doc.Name}, spec
}

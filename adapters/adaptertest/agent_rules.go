package adaptertest

import (
	"errors"
	"testing"

	"statemanager/engine"
)

func wanted(b AgentBackend) *engine.Spec {
	return &engine.Spec{Node: b.Node, Replicas: 1, Version: "1", State: engine.Running}
}

func instanceOf(id string) engine.Instance {
	return engine.Instance{ID: id, State: engine.InstanceRunning, Version: "1"}
}

func push(t *testing.T, b AgentBackend, whole bool, specs ...engine.SpecUpdate) {
	t.Helper()
	if err := b.Agent.Report(patient(t), engine.SpecSet{Node: b.Node, Whole: whole, Specs: specs}); err != nil {
		t.Fatal(err)
	}
}

// synced opens a stream with one spec, whose revision is 5.
func synced(t *testing.T, b AgentBackend) (p *Posts, start int64) {
	t.Helper()
	p = Run(t, b.Agent)
	start = p.Changed(engine.AgentConnected).Start
	push(t, b, true, engine.SpecUpdate{Service: web, Rev: 5, Spec: wanted(b)})
	p.Diff()
	p.Changed(engine.AgentSynced)
	return p, start
}

func wholeSet(t *testing.T, b AgentBackend) {
	b.Set(other, instanceOf("i1"))
	p := Run(t, b.Agent)
	opened := p.Changed(engine.AgentConnected)
	if opened.Node != b.Node || opened.Info.ID != b.Node || opened.Start == 0 {
		t.Errorf("connected as %+v", opened)
	}
	push(t, b, true, engine.SpecUpdate{Service: web, Rev: 5, Spec: wanted(b)})
	seen := map[engine.ResourceID]engine.StateDiff{}
	newest := int64(0)
	for range 2 {
		d := p.Diff()
		if d.Node != b.Node || d.Counter.Start != opened.Start || d.Counter.N <= newest {
			t.Errorf("after message %d of stream %d comes %+v", newest, opened.Start, d)
		}
		seen[d.Service], newest = d, d.Counter.N
	}
	if d := seen[web]; d.Rev != 5 || d.Existence == nil || d.Existence.Existence != "missing" {
		t.Errorf("of a spec without instances: %+v", d)
	}
	if d := seen[other]; d.Rev != 0 || d.Existence == nil || d.Existence.Existence != "surplus" || len(d.Instances) != 1 {
		t.Errorf("of an instance without a spec: %+v", d)
	}
	if end := p.Changed(engine.AgentSynced); end.Start != opened.Start {
		t.Errorf("synced as %+v", end)
	}
}

func emptySet(t *testing.T, b AgentBackend) {
	p := Run(t, b.Agent)
	p.Changed(engine.AgentConnected)
	push(t, b, true)
	p.Changed(engine.AgentSynced)
}

func anotherStream(t *testing.T, b AgentBackend) {
	p, start := synced(t, b)
	p.Stop()
	p = Run(t, b.Agent)
	if again := p.Changed(engine.AgentConnected); again.Start == start {
		t.Errorf("two streams have the name %d", start)
	}
	push(t, b, true, engine.SpecUpdate{Service: other, Rev: 9, Spec: wanted(b)})
	if d := p.Diff(); d.Service != other { // the spec of before is forgotten: its set was another one
		t.Errorf("seen %+v", d)
	}
	p.Changed(engine.AgentSynced)
}

func singleSpecs(t *testing.T, b AgentBackend) {
	p, _ := synced(t, b)
	push(t, b, false, engine.SpecUpdate{Service: web, Rev: 4, Spec: wanted(b)}) // older: ignored
	push(t, b, false, engine.SpecUpdate{Service: web, Rev: 6, Spec: wanted(b)})
	if d := p.Diff(); d.Rev != 6 {
		t.Errorf("against revision %d, want 6", d.Rev)
	}
	push(t, b, false, engine.SpecUpdate{Service: web, Rev: 6})
	if d := p.Diff(); d.Rev != 0 || d.Existence != nil {
		t.Errorf("of a spec that is forgotten: %+v", d)
	}
}

func changes(t *testing.T, b AgentBackend) {
	p, start := synced(t, b)
	b.Set(web, instanceOf("i1"))
	up := p.Diff()
	if up.Parts() != engine.NoDifference || len(up.Instances) != 1 || up.Counter.Start != start {
		t.Errorf("as wanted: %+v", up)
	}
	crashed := instanceOf("i1")
	crashed.State, crashed.Exit = engine.InstanceExited, engine.Exit{Signal: 9}
	b.Set(web, crashed)
	down := p.Diff()
	if down.Status == nil || down.Status.Status != "crashed" || down.Existence != nil || down.Scale != nil {
		t.Errorf("rule 2.8: an exited instance counts until it is replaced: %+v", down)
	}
	if down.Counter.N <= up.Counter.N {
		t.Errorf("message %d comes after %d", down.Counter.N, up.Counter.N)
	}
}

func blind(t *testing.T, b AgentBackend) {
	p, _ := synced(t, b)
	b.Hide(web, true)
	if d := p.Diff(); !d.Blind || d.Existence != nil {
		t.Errorf("of what is not seen: %+v", d)
	}
	b.Hide(web, false)
	if d := p.Diff(); d.Blind || d.Existence == nil {
		t.Errorf("of what is seen again: %+v", d)
	}
}

func blindNode(t *testing.T, b AgentBackend) {
	p, start := synced(t, b)
	b.HideAll(true)
	if said := p.Changed(engine.AgentBlind); said.Start != start {
		t.Errorf("blind as %+v", said)
	}
	b.HideAll(false)
	if d := p.Diff(); d.Blind || d.Service != web {
		t.Errorf("of what is seen again: %+v", d)
	}
	if said := p.Changed(engine.AgentSynced); said.Start != start {
		t.Errorf("synced as %+v", said)
	}
}

func observe(t *testing.T, b AgentBackend) {
	p, start := synced(t, b)
	d, err := b.Agent.Observe(patient(t), engine.ServiceRef{Node: b.Node, Service: web, Asked: 1234})
	if err != nil || d.Service != web || d.Node != b.Node || d.Rev != 5 || d.Counter.Start != start {
		t.Errorf("observed %+v, %v", d, err)
	}
	b.Set(web, instanceOf("i1"))
	if later := p.Diff(); later.Counter.N <= d.Counter.N {
		t.Errorf("message %d comes after answer %d", later.Counter.N, d.Counter.N)
	}
	d, err = b.Agent.Observe(patient(t), engine.ServiceRef{Node: b.Node, Service: other, Asked: 1235})
	if err != nil || d.Rev != 0 || len(d.Instances) > 0 || d.Existence != nil {
		t.Errorf("of a service that is not there: %+v, %v", d, err)
	}
}

func noLink(t *testing.T, b AgentBackend) {
	var e *engine.Error
	if err := b.Agent.Report(patient(t), engine.SpecSet{Node: b.Node, Whole: true}); !errors.As(err, &e) || e.Kind != engine.Unavailable {
		t.Errorf("report: %v, want Unavailable", err)
	}
	if _, err := b.Agent.Observe(patient(t), engine.ServiceRef{Node: b.Node, Service: web}); !errors.As(err, &e) || e.Kind != engine.Unavailable {
		t.Errorf("observe: %v, want Unavailable", err)
	}
}

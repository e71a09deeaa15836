package wire

import (
	"time"

	"statemanager/engine"
	storev1 "statemanager/proto/store/v1"
)

func desiredToStore(d *engine.Desired) *storev1.Desired {
	if d == nil {
		return nil
	}
	return &storev1.Desired{Spec: specToStore(&d.Spec), Generation: d.Generation, Observed: d.Observed, Created: d.Created}
}

func desiredFromStore(m *storev1.Desired) *engine.Desired {
	if m == nil {
		return nil
	}
	d := &engine.Desired{Generation: m.GetGeneration(), Observed: m.GetObserved(), Created: m.GetCreated()}
	if s := specFromStore(m.GetSpec()); s != nil {
		d.Spec = *s
	}
	return d
}

func specToStore(s *engine.Spec) *storev1.Spec {
	if s == nil {
		return nil
	}
	return &storev1.Spec{
		Node:         s.Node,
		Replicas:     s.Replicas,
		Version:      s.Version,
		Config:       s.Config,
		CpuMillis:    s.Resources.CPUMillis,
		MemoryBytes:  s.Resources.MemoryBytes,
		Dependencies: each(s.Dependencies, resourceToStore),
		Labels:       s.Labels,
		Criticality:  s.Criticality,
		StartPeriod:  int64(s.StartPeriod),
		State:        string(s.State),
		Workload:     s.Workload,
	}
}

func specFromStore(m *storev1.Spec) *engine.Spec {
	if m == nil {
		return nil
	}
	return &engine.Spec{
		Node:         m.GetNode(),
		Replicas:     m.GetReplicas(),
		Version:      m.GetVersion(),
		Config:       m.GetConfig(),
		Resources:    engine.Resources{CPUMillis: m.GetCpuMillis(), MemoryBytes: m.GetMemoryBytes()},
		Dependencies: each(m.GetDependencies(), resourceFromStore),
		Labels:       m.GetLabels(),
		Criticality:  m.GetCriticality(),
		StartPeriod:  time.Duration(m.GetStartPeriod()),
		State:        engine.Phase(m.GetState()),
		Workload:     m.GetWorkload(),
	}
}

func pairToStore(p *engine.Pair) *storev1.Pair {
	if p == nil {
		return nil
	}
	return &storev1.Pair{Version: p.Version, Config: p.Config}
}

func pairFromStore(m *storev1.Pair) *engine.Pair {
	if m == nil {
		return nil
	}
	return &engine.Pair{Version: m.GetVersion(), Config: m.GetConfig()}
}

package api

import (
	"context"

	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

// Resolve says what became of an action that nobody can tell of.
func (o *operator) Resolve(ctx context.Context, r *apiv1.ResolveRequest) (*apiv1.ResolveResponse, error) {
	id, err := service(r.GetResourceId())
	if err != nil {
		return nil, err
	}
	as, err := words("result", []string{r.GetResult()}, []engine.Result{engine.Succeeded, engine.Failed, engine.NeverRan})
	if err != nil {
		return nil, err
	}
	text, err := o.Manager.Resolve(ctx, id, engine.EpochSeq{Epoch: r.GetEpoch(), Seq: r.GetSeq()}, as[0])
	return &apiv1.ResolveResponse{Text: text}, err
}

// Pause stops reconciliation in the cell.
func (o *operator) Pause(ctx context.Context, _ *apiv1.PauseRequest) (*apiv1.PauseResponse, error) {
	text, err := o.Manager.Pause(ctx)
	return &apiv1.PauseResponse{Text: text}, err
}

// Resume ends a pause.
func (o *operator) Resume(ctx context.Context, _ *apiv1.ResumeRequest) (*apiv1.ResumeResponse, error) {
	text, err := o.Manager.Resume(ctx)
	return &apiv1.ResumeResponse{Text: text}, err
}

// GetFacts shows the facts of the site.
func (o *operator) GetFacts(ctx context.Context, _ *apiv1.GetFactsRequest) (*apiv1.GetFactsResponse, error) {
	facts, err := o.Manager.Facts(ctx)
	return &apiv1.GetFactsResponse{Facts: factsToProto(facts)}, err
}

// SetFacts sets facts of the site, all or none.
func (o *operator) SetFacts(ctx context.Context, r *apiv1.SetFactsRequest) (*apiv1.SetFactsResponse, error) {
	if len(r.GetValues()) == 0 {
		return nil, invalid("values: there are none")
	}
	facts, err := o.Manager.SetFacts(ctx, r.GetValues())
	return &apiv1.SetFactsResponse{Facts: factsToProto(facts)}, err
}

func factsToProto(facts []runner.SiteFact) (out []*apiv1.SiteFact) {
	for _, f := range facts {
		out = append(out, &apiv1.SiteFact{Name: f.Name, Values: f.Values, Value: f.Value})
	}
	return out
}

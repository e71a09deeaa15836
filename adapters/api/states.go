package api

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"

	"statemanager/adapters/wire"
	"statemanager/engine"
	"statemanager/engine/runner"
	apiv1 "statemanager/proto/statemanager/v1"
)

const (
	usualPage  = 500
	mostPage   = 5000
	mostAnswer = 3 << 20 // bytes: a client takes 4 MiB unless it says more
)

// states serves StateManager.
type states struct {
	apiv1.UnimplementedStateManagerServer
	Config
}

// QueryState shows services, a page at a time, and nodes.
func (s *states) QueryState(ctx context.Context, q *apiv1.StateQueryRequest) (*apiv1.StateQueryResponse, error) {
	ids, err := s.asked(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &apiv1.StateQueryResponse{}
	if out.Nodes, err = s.nodes(ctx); err != nil {
		return nil, err
	}
	pack, err := s.Manager.Pack(ctx)
	if err != nil {
		return nil, err
	}
	size, most := proto.Size(out), int(min(cmp.Or(q.GetPageSize(), usualPage), mostPage))
	for i, id := range ids {
		v, err := s.Manager.View(ctx, id)
		if engine.KindOf(err) == engine.NotFound && len(q.GetResourceIds()) == 0 {
			continue // it went meanwhile
		} else if err != nil {
			return nil, err
		}
		if !picks(q, v) {
			continue
		}
		m := shown(v, pack)
		size += proto.Size(m)
		if n := len(out.Services); n == most || n > 0 && size > mostAnswer {
			out.NextPageToken = ids[i-1].String() // those before this one have been looked at
			break
		}
		out.Services = append(out.Services, m)
	}
	return out, nil
}

// asked are the services that a query is for, in order, after those of the pages before.
func (s *states) asked(ctx context.Context, q *apiv1.StateQueryRequest) (ids []engine.ResourceID, err error) {
	if _, err := words("phases", q.GetPhases(), append([]engine.Phase{engine.NoPhase}, engine.Phases...)); err != nil {
		return nil, err
	}
	for _, m := range q.GetResourceIds() {
		id, err := service(m)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	if len(ids) == 0 {
		if ids, err = s.Manager.Services(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(ids, engine.ResourceID.Compare)
	after := engine.ResourceID{}
	if q.GetPageToken() != "" {
		namespace, name, ok := strings.Cut(q.GetPageToken(), "/")
		if !ok {
			return nil, invalid("page_token: %.80q is not the next_page_token of an answer", q.GetPageToken())
		}
		after = engine.Service(namespace, name)
	}
	return slices.DeleteFunc(slices.Compact(ids), func(id engine.ResourceID) bool {
		return id.Compare(after) <= 0 || q.GetNamespace() != "" && id.Namespace != q.GetNamespace()
	}), nil
}

// picks says whether a query is for a service.
func picks(q *apiv1.StateQueryRequest, v runner.Service) bool {
	spec, phase, labels := &engine.Spec{}, engine.NoPhase, map[string]string(nil)
	if r := v.Record; r != nil {
		phase = r.Phase
		if r.Spec != nil {
			spec = r.Spec
		}
		if r.Desired != nil {
			labels = r.Desired.Spec.Labels
		}
	}
	for k, want := range q.GetLabels() {
		if have, ok := labels[k]; !ok || have != want {
			return false
		}
	}
	return (len(q.GetPhases()) == 0 || slices.Contains(q.GetPhases(), string(phase))) && (q.GetNode() == "" || q.GetNode() == spec.Node) &&
		!(q.GetOnlyUnavailable() && v.Available)
}

// nodes are all nodes, with the addresses of the configuration.
func (s *states) nodes(ctx context.Context) (out []*apiv1.NodeState, err error) {
	list, err := s.Manager.Nodes(ctx)
	for _, n := range list {
		m := wire.NodeStateToProto(n)
		m.AgentAddress, m.ControllerAddress = s.Nodes[n.ID].Agent, s.Nodes[n.ID].Controller
		out = append(out, m)
	}
	return out, err
}

// shown is a service as it may leave: the values of a configuration never do.
func shown(v runner.Service, p *engine.Pack) *apiv1.ServiceState {
	m := wire.ServiceStateToProto(v)
	wire.PlanRows(m.Status.Plan, p)
	for k := range m.GetSpec().GetConfig() {
		m.Spec.Config[k] = "***"
	}
	return m
}

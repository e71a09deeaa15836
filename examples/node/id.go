package node

import (
	"cmp"
	"fmt"
	"regexp"

	apiv1 "statemanager/proto/statemanager/v1"
)

// serviceID names a service here. Its parts are DNS labels, so they are safe in a path.
type serviceID struct{ namespace, name string }

var label = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)

// idOf reads an id; the error names the part that is wrong.
func idOf(m *apiv1.ResourceId) (serviceID, error) {
	id := serviceID{m.GetNamespace(), m.GetName()}
	switch {
	case m.GetKind() != "" && m.GetKind() != "service":
		return id, fmt.Errorf("resource: kind: %q is not service", m.GetKind())
	case !label.MatchString(id.namespace):
		return id, fmt.Errorf("resource: namespace: %q is not a DNS label", id.namespace)
	case !label.MatchString(id.name):
		return id, fmt.Errorf("resource: name: %q is not a DNS label", id.name)
	}
	return id, nil
}

func (id serviceID) String() string { return id.namespace + "/" + id.name }

func (id serviceID) proto() *apiv1.ResourceId {
	return &apiv1.ResourceId{Kind: "service", Namespace: id.namespace, Name: id.name}
}

func (id serviceID) compare(o serviceID) int {
	return cmp.Or(cmp.Compare(id.namespace, o.namespace), cmp.Compare(id.name, o.name))
}

package wire

import (
	"fmt"
	"strings"

	"statemanager/engine"
)

// The keys of a cell, below its prefix. Each ends with a separator, so that no name is a prefix of another's (rule 1.1).
//
//	desired/service/NAMESPACE/NAME/   what is wanted: protobuf JSON of a ServiceSpec; others may write it (rule 1.2)
//	site/NAME/                        a fact of the site: its value as text; what others write is read at the next election
//	state/service/NAMESPACE/NAME/     store.v1.Record
//	cell/                             store.v1.Cell
//	history/FENCE.NUMBER/             store.v1.Segment: what one transaction told of
//	packs/DIGEST/                     store.v1.Pack
//	created/                          store.v1.Creation
//	leader/                           who leads the cell, as text, with the leader's lease; its create revision is the fence
const (
	DesiredKeys = "desired/"
	StateKeys   = "state/"
	SiteKeys    = "site/"
	HistoryKeys = "history/"
	PackKeys    = "packs/"
	CellKey     = "cell/"
	CreatedKey  = "created/"
	LeaderKey   = "leader/"
)

// LoadedKeys are the keys and prefixes of all that Add takes.
var LoadedKeys = []string{CreatedKey, CellKey, StateKeys, DesiredKeys, SiteKeys, HistoryKeys}

// Value is a key of a cell, its value, and the store's revisions at which it was made and last put.
type Value struct {
	Key               string
	Bytes             []byte
	Created, Modified int64
}

// DesiredKey is where the desired spec of a service is.
func DesiredKey(id engine.ResourceID) string { return serviceKey(DesiredKeys, id) }

// StateKey is where the record of a service is.
func StateKey(id engine.ResourceID) string { return serviceKey(StateKeys, id) }

func serviceKey(prefix string, id engine.ResourceID) string {
	return prefix + id.Kind + "/" + id.Namespace + "/" + id.Name + "/"
}

// PackKey is where a pack is. An Invalid error says that the digest can be none.
func PackKey(digest string) (string, error) {
	if digest == "" || strings.Contains(digest, "/") {
		return "", invalid("name pack: the digest %.80q is empty or has a slash", digest)
	}
	return PackKeys + digest + "/", nil
}

// segmentKey sorts after the keys of all earlier segments: a later leader has a higher fence.
func segmentKey(fence, n int64) string { return fmt.Sprintf("%s%016x.%08x/", HistoryKeys, fence, n) }

// service is the id in a key that has the prefix.
func service(prefix, key string) (engine.ResourceID, error) {
	parts := strings.Split(strings.TrimPrefix(key, prefix), "/")
	if len(parts) != 4 || parts[3] != "" {
		return engine.ResourceID{}, invalid("it is not %sservice/NAMESPACE/NAME/", prefix)
	}
	id := engine.ResourceID{Kind: parts[0], Namespace: parts[1], Name: parts[2]}
	if err := CheckResource(id); err != nil {
		return engine.ResourceID{}, invalid("%s", err)
	}
	return id, nil
}

// IsSegment says whether a key is of the history.
func IsSegment(key string) bool { return strings.HasPrefix(key, HistoryKeys) }

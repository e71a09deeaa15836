// Package etcd keeps a cell's state in etcd, embedded or external, and elects the cell's leader there.
//
// All keys of a cell are below PREFIX/CELL/, by default /piccolo/statemanager/default/. Each ends with a separator, so
// that no name is a prefix of another's:
//
//	desired/service/NAMESPACE/NAME/   what is wanted: protobuf JSON of a ServiceSpec; others may write it
//	site/NAME/                        a fact of the site, as text; others may write it
//	state/service/NAMESPACE/NAME/     the record of a service: store.v1.Record
//	cell/                             the record of the cell: store.v1.Cell
//	history/FENCE.NUMBER/             what one transaction told of: store.v1.Segment
//	packs/DIGEST/                     a policy pack: store.v1.Pack
//	created/                          when the cell was made: store.v1.Creation
//	leader/                           who leads the cell, as text
//
// The leader key hangs on the leader's lease, and its create revision is the fence: each write of a Term compares it in
// the transaction that writes. Its mod revision is compared too. A Term that does not know what became of a write puts
// the leader key again before the next one, so a write that is late on its way can no longer arrive.
package etcd

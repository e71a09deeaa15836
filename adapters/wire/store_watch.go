package wire

import (
	"cmp"
	"maps"
	"slices"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// ChangeOf is what a put desired key says, at the revision of the put.
func ChangeOf(v Value) runner.Change {
	id, d, err := DesiredOf(v)
	if err != nil {
		err = at(v.Key, err)
	}
	return runner.Change{Revision: v.Modified, Service: id, Desired: d, Err: err}
}

// DeletionOf is what a deleted desired key says, at the revision of the deletion.
func DeletionOf(key string, revision int64) runner.Change {
	id, err := service(DesiredKeys, key)
	if err != nil {
		err = at(key, err)
	}
	return runner.Change{Revision: revision, Service: id, Err: err}
}

// Known are the desired keys that a watcher has been told of. It belongs to one goroutine.
type Known map[string]bool

// Note remembers the keys of changes that are sent.
func (k Known) Note(key string, deleted bool) {
	if deleted {
		delete(k, key)
	} else {
		k[key] = true
	}
}

// Relist are the changes after a revision that a list of all desired keys at revision now shows: for a watcher whose
// place in the store's history is compacted. A key that was deleted and made anew shows by its create revision, which
// is in its change; one that is not listed any more was deleted at some revision up to now. The last change says that all
// up to now has been seen.
func (k Known) Relist(list []Value, after, now int64) (out []runner.Change) {
	gone := maps.Clone(k)
	slices.SortFunc(list, func(a, b Value) int { return cmp.Compare(a.Modified, b.Modified) })
	for _, v := range list {
		delete(gone, v.Key)
		k[v.Key] = true
		if v.Modified > after {
			out = append(out, ChangeOf(v))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		delete(k, key)
		out = append(out, DeletionOf(key, now))
	}
	return append(out, runner.Change{Revision: now})
}

// KnownOf are the keys of the desired specs that were loaded, for a watcher that goes on from there.
func KnownOf(l *runner.Loaded) Known {
	k := Known{}
	for id := range l.Desired {
		k[DesiredKey(id)] = true
	}
	for _, b := range l.Broken {
		if b.Service != (engine.ResourceID{}) && b.Key == DesiredKey(b.Service) {
			k[b.Key] = true
		}
	}
	return k
}

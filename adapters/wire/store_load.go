package wire

import (
	"strings"

	"statemanager/engine"
	"statemanager/engine/runner"
)

// NewLoaded is an empty Loaded of a revision, for Add.
func NewLoaded(revision int64) *runner.Loaded {
	return &runner.Loaded{Revision: revision, Desired: map[engine.ResourceID]engine.Desired{}, Site: map[string]string{}}
}

// Add takes a value of the store into l. Values are added in the order of LoadedKeys, and of their keys. One that cannot
// be read is added to l.Broken.
func Add(l *runner.Loaded, v Value) {
	if id, err := add(l, v); err != nil {
		l.Broken = append(l.Broken, runner.Broken{Key: plain(v.Key), Service: id, Cell: v.Key == CellKey || v.Key == CreatedKey, Err: at(v.Key, err)})
	}
}

func add(l *runner.Loaded, v Value) (id engine.ResourceID, err error) {
	switch {
	case v.Key == CreatedKey:
		l.Created, err = CreationFromStore(v.Bytes)
	case v.Key == CellKey:
		l.Cell, err = CellFromStore(v.Bytes)
	case strings.HasPrefix(v.Key, StateKeys):
		return addRecord(l, v)
	case strings.HasPrefix(v.Key, DesiredKeys):
		var d *engine.Desired
		if id, d, err = DesiredOf(v); err == nil {
			l.Desired[id] = *d
		}
	case strings.HasPrefix(v.Key, SiteKeys):
		err = addFact(l, v)
	case strings.HasPrefix(v.Key, HistoryKeys):
		var entries []engine.Entry
		entries, err = EntriesFromStore(v.Bytes)
		for _, e := range entries {
			l.History = append(l.History, runner.Stored{Revision: v.Modified, Entry: e})
		}
	}
	return id, err
}

func addRecord(l *runner.Loaded, v Value) (engine.ResourceID, error) {
	id, err := service(StateKeys, v.Key)
	if err != nil {
		return id, err
	}
	r, err := RecordFromStore(id, v.Bytes)
	if err == nil {
		l.Records = append(l.Records, r)
	}
	return id, err
}

func addFact(l *runner.Loaded, v Value) error {
	name, ok := strings.CutSuffix(strings.TrimPrefix(v.Key, SiteKeys), "/")
	if !ok || name == "" || strings.Contains(name, "/") {
		return invalid("it is not %sNAME/", SiteKeys)
	}
	l.Site[name] = string(v.Bytes)
	return nil
}

// DesiredOf reads a desired key and its value. The id is zero if the key names no service. The store knows when a key
// was last put, not when its content changed: Generation is therefore the revision of the last put, like Observed, and
// the engine keeps the generation that its record has while the content stays the same (rule 1.2).
func DesiredOf(v Value) (engine.ResourceID, *engine.Desired, error) {
	id, err := service(DesiredKeys, v.Key)
	if err != nil {
		return id, nil, err
	}
	s, err := SpecFromJSON(v.Bytes)
	if err != nil {
		return id, nil, err
	}
	return id, &engine.Desired{Spec: *s, Generation: v.Modified, Observed: v.Modified, Created: v.Created}, nil
}

// at names the key in an error.
func at(key string, err error) error {
	return invalid("read key %s: %s", plain(key), plain(err.Error()))
}

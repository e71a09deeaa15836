package wire

import (
	"bytes"
	"flag"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"statemanager/engine"
)

// Rapid draws the same worlds in each run, so that what is red was made so by a change; -rapid.seed=0 draws others.
func init() { _ = flag.Set("rapid.seed", "1") }

// notStored are the fields that say nothing durable. Whatever else is added to a record must be stored, or the tests
// below fail.
var notStored = map[string]bool{"Record.Gone": true, "Notice.Tries": true, "Notice.Retry": true}

// newer is a field that only a newer version knows.
var newer = protowire.AppendString(protowire.AppendTag(nil, 1000, protowire.BytesType), "later")

// fill sets every field that is stored. Nothing that it sets is zero, unless empty says so.
func fill(v reflect.Value, n func() int64, empty func() bool) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			switch f := v.Type().Field(i); {
			case notStored[v.Type().Name()+"."+f.Name]:
			case f.Name == "Unknown":
				v.Field(i).SetBytes(newer)
			default:
				fill(v.Field(i), n, empty)
			}
		}
	case reflect.Pointer:
		if v.Type().Elem() == reflect.TypeFor[engine.Action]() || !empty() {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), n, empty)
		}
	case reflect.Slice:
		for !empty() && v.Len() < 3 {
			x := reflect.New(v.Type().Elem()).Elem()
			fill(x, n, empty)
			v.Set(reflect.Append(v, x))
		}
	case reflect.Map:
		for !empty() && v.Len() < 2 {
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			k, x := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(k, n, empty)
			fill(x, n, empty)
			v.SetMapIndex(k, x)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("s", n()))
	case reflect.Bool:
		v.SetBool(!empty())
	case reflect.Int, reflect.Int64, reflect.Int32:
		v.SetInt(n())
	case reflect.Float64:
		v.SetFloat(float64(n()))
	case reflect.Uint64, reflect.Uint32:
		v.SetUint(uint64(n()))
	default:
		panic("fill: no value for " + v.Type().String())
	}
}

// filled is a value of which every stored field has a value of its own.
func filled[T any]() *T {
	var last int64
	x := new(T)
	fill(reflect.ValueOf(x).Elem(), func() int64 { last++; return last }, func() bool { return false })
	return x
}

// drawn is a value of which every field has any value.
func drawn[T any](t *rapid.T) *T {
	x := new(T)
	draw := rapid.Int64Range(0, 1<<31)
	fill(reflect.ValueOf(x).Elem(), func() int64 { return draw.Draw(t, "n") }, func() bool { return rapid.Bool().Draw(t, "empty") })
	return x
}

func throughRecord(r *engine.Record) (*engine.Record, error) {
	b, err := RecordToStore(r)
	if err != nil {
		return nil, err
	}
	return RecordFromStore(r.ID, b)
}

func throughCell(c *engine.Cell) (*engine.Cell, error) {
	b, err := CellToStore(c)
	if err != nil {
		return nil, err
	}
	return CellFromStore(b)
}

func throughEntry(e *engine.Entry) (*engine.Entry, error) {
	b, err := EntriesToStore([]engine.Entry{*e})
	if err != nil {
		return nil, err
	}
	out, err := EntriesFromStore(b)
	if len(out) != 1 {
		return nil, fmt.Errorf("%d entries, %v", len(out), err)
	}
	return &out[0], err
}

// check says that a full value and any other come back as they were: rule 8.4 rests on it.
func check[T any](t *testing.T, through func(*T) (*T, error)) {
	same := func(fatal func(string, ...any), x *T) {
		if got, err := through(x); err != nil || !reflect.DeepEqual(got, x) {
			fatal("wrote %+v\n read %+v, %v", x, got, err)
		}
	}
	same(t.Fatalf, filled[T]())
	rapid.Check(t, func(r *rapid.T) { same(r.Fatalf, drawn[T](r)) })
}

func TestRecordComesBack(t *testing.T) { check(t, throughRecord) }
func TestCellComesBack(t *testing.T)   { check(t, throughCell) }
func TestEntryComesBack(t *testing.T)  { check(t, throughEntry) }

// The same record has the same bytes, whatever the order in which Go walks its maps.
func TestRecordIsDeterministic(t *testing.T) {
	want, _ := RecordToStore(filled[engine.Record]())
	for range 20 {
		if got, err := RecordToStore(filled[engine.Record]()); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("two encodings differ, %v", err)
		}
	}
}

// What a newer version added survives that an older one reads, changes and writes the record.
func TestUnknownFieldsAreKept(t *testing.T) {
	b, _ := RecordToStore(&engine.Record{ID: engine.Service("a", "web")})
	r, err := RecordFromStore(engine.Service("a", "web"), append(b, newer...))
	if err != nil {
		t.Fatal(err)
	}
	r.Plans = 7
	if b, err = RecordToStore(r); err != nil || !bytes.Contains(b, newer) {
		t.Fatalf("the field of a newer version is lost, %v", err)
	}
}

// Architecture, failure table: a corrupt or newer value is an error that says so.
func TestBrokenValuesAreRefused(t *testing.T) {
	id := engine.Service("a", "web")
	good, _ := RecordToStore(&engine.Record{ID: id})
	for name, c := range map[string]struct {
		value []byte
		want  string
	}{
		"corrupt":  {[]byte("\xff\xff\xff"), "read Record"},
		"empty":    {nil, "empty or something else"},
		"other":    {good, "it is of a/web"},
		"newer":    {protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 2), "format 2 is newer than 1"},
		"not utf8": {protowire.AppendString(protowire.AppendTag(good[:len(good):len(good)], 9, protowire.BytesType), "\xff"), "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := RecordFromStore(engine.Service("a", "api"), c.value)
			var e *engine.Error
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			} else if e, _ = err.(*engine.Error); e == nil || e.Kind != engine.Invalid {
				t.Fatalf("%v is not Invalid", err)
			}
		})
	}
}

package runner

import (
	"flag"
	"testing"

	"pgregory.net/rapid"

	"statemanager/engine"
)

// Rapid draws the same worlds in each run, so that what is red was made so by a change; -rapid.seed=0 draws others.
func init() { _ = flag.Set("rapid.seed", "1") }

// Whatever the order in which writes begin, are made durable and end: what leaves is in the order of revisions, each
// transaction once, and all of it when nothing is being written any more.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var o order
		flight, stored := map[int64]bool{}, map[int64]int64{} // what is being written; the revision of what is durable
		began, revision, left := int64(0), int64(100), int64(0)
		var told, written int
		take := func() {
			for _, x := range o.take(flight) {
				if x.Revision <= left {
					t.Fatalf("revision %d leaves after %d", x.Revision, left)
				}
				left = x.Revision
				told++
			}
		}
		end := func(id int64) {
			delete(flight, id)
			if r := stored[id]; r != 0 {
				o.add(Transaction{r, []engine.Entry{{}}}, began)
			}
			take()
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			var writing []int64
			for id := int64(1); id <= began; id++ {
				if flight[id] {
					writing = append(writing, id)
				}
			}
			switch what := rapid.SampledFrom([]string{"begin", "store", "end"}).Draw(t, "step"); {
			case what == "begin" && len(writing) < maxSaves:
				began++
				flight[began] = true
			case len(writing) == 0:
			case what == "store":
				if id := rapid.SampledFrom(writing).Draw(t, "stored"); stored[id] == 0 {
					revision++
					stored[id] = revision
					written++
				}
			case what == "end": // one that was not stored has failed
				end(rapid.SampledFrom(writing).Draw(t, "ended"))
			}
		}
		for id := int64(1); id <= began; id++ {
			if flight[id] {
				end(id)
			}
		}
		if take(); told != written {
			t.Fatalf("%d transactions were stored, %d left", written, told)
		}
	})
}

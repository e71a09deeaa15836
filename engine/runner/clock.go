package runner

import (
	"time"

	"statemanager/engine"
)

// Clock tells the moment. It never steps back, and counts the time that the machine sleeps (rule 8.1). Any goroutine may
// call it.
type Clock func() engine.Instant

// Boottime is the wall clock as it is now, and from now on the machine's clock that counts sleep: setting the wall clock
// moves no deadline.
func Boottime() Clock {
	wall, since := engine.Instant(time.Now().UnixNano()), sinceBoot()
	return func() engine.Instant { return wall.Add(sinceBoot() - since) }
}

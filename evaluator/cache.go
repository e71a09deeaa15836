package evaluator

import "statemanager/engine"

// cache is a bounded map of decisions. It has two generations: when the young one is full, the old one is forgotten, so
// what is asked again and again stays. It has no lock.
type cache struct {
	size       int // of a generation
	young, old map[string]*engine.Decision
}

func newCache(size int) *cache {
	return &cache{size: max(size/2, 1), young: map[string]*engine.Decision{}}
}

// get takes the key as bytes: looking up string(key) allocates nothing.
func (c *cache) get(key []byte) *engine.Decision {
	if d := c.young[string(key)]; d != nil {
		return d
	}
	d := c.old[string(key)]
	if d != nil {
		c.put(string(key), d)
	}
	return d
}

func (c *cache) put(key string, d *engine.Decision) {
	if len(c.young) >= c.size {
		c.old, c.young = c.young, make(map[string]*engine.Decision, c.size)
	}
	c.young[key] = d
}

func (c *cache) len() int { return len(c.young) + len(c.old) }

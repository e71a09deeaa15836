package runner

import "sync"

// pool runs calls in at most max goroutines, in the order in which they came. A call with the key of one that waits or
// runs is dropped: it would say the same again. What waits is bounded by what the engine has in flight.
type pool struct {
	max  int
	work *sync.WaitGroup

	mu      sync.Mutex
	running int
	waiting []call
	keys    map[any]bool
}

type call struct {
	key any
	run func()
}

func newPool(most int, work *sync.WaitGroup) *pool {
	return &pool{max: most, work: work, keys: map[any]bool{}}
}

// do never blocks.
func (p *pool) do(key any, run func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys[key] {
		return
	}
	p.keys[key] = true
	p.waiting = append(p.waiting, call{key, run})
	if p.running < p.max {
		p.running++
		p.work.Go(p.carry)
	}
}

// carry runs calls until none waits.
func (p *pool) carry() {
	for c, ok := p.next(); ok; c, ok = p.next() {
		c.run()
		p.mu.Lock()
		delete(p.keys, c.key)
		p.mu.Unlock()
	}
}

func (p *pool) next() (c call, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.running--
		return c, false
	}
	c = p.waiting[0]
	p.waiting = p.waiting[1:]
	return c, true
}

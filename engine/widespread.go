package engine

import (
	"cmp"
	"slices"
)

// fall is a service that became unwell: its ladder was opened for what was seen of it.
type fall struct {
	v  *service
	at Instant
}

// falls are the newest of a node or a group, oldest first, each service once; bounded, for the facts only ask whether so
// many are reached. Those of a store come in any order.
type falls []fall

const maxFalls = 64

func (f falls) with(v *service, at Instant) falls {
	out := make(falls, 0, len(f)+1)
	for _, x := range f {
		if x.v != v {
			out = append(out, x)
		}
	}
	out = append(out, fall{v, at})
	slices.SortStableFunc(out, func(a, b fall) int { return cmp.Compare(a.at, b.at) })
	return out[max(0, len(out)-maxFalls):]
}

// within says whether so many became unwell within the window; until is when that ends.
func (f falls) within(b Budget, now Instant) (wide bool, until Instant) {
	if b.Limit <= 0 || len(f) < b.Limit {
		return false, 0
	}
	until = f[len(f)-b.Limit].at.Add(b.Window)
	return until > now, until
}

// fell notes that a service became unwell, and wakes those that a fact of theirs has changed for.
func (e *Engine) fell(v *service, at Instant) {
	note := func(f *falls, b Budget, concerns func(*service) bool) {
		old, _ := f.within(b, e.now)
		*f = f.with(v, at)
		if now, _ := f.within(b, e.now); now && !old {
			for x := range e.busy {
				if concerns(x) {
					e.touch(x)
				}
			}
		}
	}
	home, group := v.home(), e.groupOf(v)
	if n := e.nodes[home]; n != nil {
		note(&n.falls, e.pack.Widespread.Node, func(x *service) bool { return x.rec != nil && x.home() == home })
	}
	if group != "" {
		f := e.fallen[group]
		note(&f, e.pack.Widespread.Group, func(x *service) bool { return e.groupOf(x) == group })
		e.fallen[group] = f
	}
}

// widespread fills in the facts of recovery about what is not this service's trouble alone.
func (s *step) widespread(v *service, f *RecoveryFacts) {
	w := s.pack.Widespread
	var until Instant
	if p := v.homePlace(); p != nil {
		f.WideNode, until = p.node.falls.within(w.Node, s.now)
		s.at(until)
	}
	if v.group != "" {
		f.WideGroup, until = s.fallen[v.group].within(w.Group, s.now)
		s.at(until)
	}
	f.WideVersion, f.WideSilence = s.wideVersion(v), s.census.wide
}

// wideVersion says whether so many instances of its version are unwell now, of the service and its group.
func (s *step) wideVersion(v *service) bool {
	n, most := 0, s.pack.Widespread.Version
	if most <= 0 {
		return false
	}
	for _, m := range s.alike(v) {
		n += m.ailing()
	}
	return n >= most
}

// ailing is how many instances are unwell at home.
func (v *service) ailing() int {
	d := v.current()
	if d == nil {
		return 0
	}
	return len(idsOf(d.Instances, func(i Instance) bool { return isUnwell(d, i) }))
}

// release is a version in a group.
type release struct{ group, version string }

// share is what a service adds to the unwell instances of its release.
type share struct {
	of release
	n  int
}

// ailed keeps the sums of unwell instances by release, and wakes those of a release whose fact of recovery has changed.
func (e *Engine) ailed(v *service) {
	was, now := v.unrest().share, share{}
	if r := v.rec; r != nil && r.Desired != nil && v.group != "" {
		if n := v.ailing(); n > 0 {
			now = share{release{v.group, r.Spec.Version}, n}
		}
	}
	if was == now {
		return
	}
	v.stir().share = now
	before := map[release]int{was.of: e.ailings[was.of], now.of: e.ailings[now.of]}
	e.ailings.add(was.of, -was.n)
	e.ailings.add(now.of, now.n)
	for of, n := range before {
		if most := e.pack.Widespread.Version; most > 0 && (n >= most) != (e.ailings[of] >= most) {
			e.touchRelease(of, v)
		}
	}
}

// ailings are the unwell instances by release.
type ailings map[release]int

func (a ailings) add(of release, n int) {
	if a[of] += n; a[of] == 0 {
		delete(a, of)
	}
}

// touchRelease has the busy members of a release settled, but for the one that is being settled.
func (e *Engine) touchRelease(of release, but *service) {
	for m := range e.busy {
		if m != but && m.rec != nil && m.group == of.group && m.rec.Spec.Version == of.version {
			e.touch(m)
		}
	}
}

package engine

// unrest is what is known of a service that something is the matter with: most have none, and take no memory for it.
type unrest struct {
	found    []string // issues that stability has found
	foundWhy []Reason
	pause    [entries]Instant // until when policy is not asked again, after a fail-safe answer
	asked    [entries]uint64  // the decision that was recorded last
	next     *Next
	refused  bool     // what policy answers to the facts of now cannot be
	deferred []Reason // for which dispatch holds an action back
	disrupts string   // the node where that action would disrupt the service
	paused   Instant  // until then it is left alone, for it did not settle
	share    share    // in the unwell instances of its release
}

// unrest is a copy to read.
func (v *service) unrest() unrest {
	if v.rest == nil {
		return unrest{}
	}
	return *v.rest
}

// stir is the one to change.
func (v *service) stir() *unrest {
	if v.rest == nil {
		v.rest = &unrest{}
	}
	return v.rest
}

// unasked has the next decision of each entrypoint recorded, whatever it is.
func (v *service) unasked() {
	if v.rest != nil {
		v.rest.asked = [entries]uint64{}
	}
}

// forgo forgets what recovery would do next.
func (v *service) forgo() {
	if v.rest != nil {
		v.rest.next, v.rest.refused = nil, false
	}
}

// undeferred forgets what dispatch holds back.
func (v *service) undeferred() {
	if v.rest != nil {
		v.rest.deferred = nil
	}
}

// unheld forgets both.
func (v *service) unheld() {
	v.forgo()
	v.undeferred()
}

// afresh is what a new generation leaves of it: what others count of the service.
func (r *unrest) afresh() *unrest {
	if r == nil || r.share.n == 0 {
		return nil
	}
	return &unrest{share: r.share}
}

// becalm lets go of what says nothing any more.
func (v *service) becalm(now Instant) {
	r := v.rest
	if r == nil || len(r.found) > 0 || r.next != nil || r.refused || r.deferred != nil || r.paused > now || r.share.n != 0 || r.asked != [entries]uint64{} {
		return
	}
	for _, until := range r.pause {
		if until > now {
			return
		}
	}
	v.rest = nil
}

package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// since is how long ago something was, as a human says it.
func since(t *timestamppb.Timestamp) string {
	if t == nil || !t.IsValid() {
		return "-"
	}
	d := time.Since(t.AsTime())
	switch {
	case d < 0:
		return "0s"
	case d < 2*time.Minute:
		return d.Truncate(time.Second).String()
	case d < 2*time.Hour:
		return span(d.Truncate(time.Minute))
	case d < 48*time.Hour:
		return span(d.Truncate(time.Hour))
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

// span is a duration without the units that are zero at its end; "-" for none.
func span(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func clock(t *timestamppb.Timestamp) string { return clockAt(t.AsTime().Local(), time.Now()) }

// clockAt is a time, with its date unless that is the day of now.
func clockAt(t, now time.Time) string { return t.Format(layoutAt(t, now) + ".000") }

func layoutAt(t, now time.Time) string {
	if t.Format(time.DateOnly) != now.Format(time.DateOnly) {
		return time.DateTime
	}
	return time.TimeOnly
}

// stamped is a time within a sentence of the daemon's, to the second and in UTC.
var stamped = regexp.MustCompile(`\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`)

// localTimes is a sentence of the daemon's for a human here: with its times as the clock beside it shows them.
func localTimes(text string) string { return localTimesAt(text, time.Now()) }

func localTimesAt(text string, now time.Time) string {
	return stamped.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		t = t.In(now.Location())
		return t.Format(layoutAt(t, now))
	})
}

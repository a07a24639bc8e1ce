package view

import (
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// Date answers the day of t as the person wants to read it; "never" for the zero time.
func (v View) Date(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(v.zone()).Format(v.layout())
}

// DateTime answers day and minute of t.
func (v View) DateTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.In(v.zone()).Format(v.layout() + ", 15:04")
}

// Stamp answers t for the datetime attribute.
func Stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Ago answers how long ago t was, in words while that is under a week, as a date before that.
func (v View) Ago(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := v.Now.Sub(t)
	switch {
	case d < 0:
		return v.Date(t)
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min ago"
	case d < 24*time.Hour:
		return strconv.Itoa(int(d/time.Hour)) + " h ago"
	case d < 7*24*time.Hour:
		return strconv.Itoa(int(d/(24*time.Hour))) + " d ago"
	default:
		return v.Date(t)
	}
}

// Until answers how long it is until t, in words: "41 hours", "3 days"; "over" when it has come.
func (v View) Until(t time.Time) string {
	switch d := v.Left(t); {
	case !v.Now.Before(t):
		return "over"
	case d < time.Hour:
		return count(int(t.Sub(v.Now)/time.Minute)+1, "minute")
	case d < 48*time.Hour:
		return count(int(d/time.Hour), "hour")
	default:
		return count(int(d/(24*time.Hour)), "day")
	}
}

// Left answers how long it is until t, to the minute: what was made for 72 hours a moment ago has 72 hours left, not 71.
func (v View) Left(t time.Time) time.Duration { return t.Sub(v.Now).Round(time.Minute) }

// Heading answers a day in full: "Friday 4 December 2026".
func Heading(day time.Time) string { return day.Format("Monday 2 January 2006") }

// Today answers the person's day.
func (v View) Today() time.Time {
	y, m, d := v.Now.In(v.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, v.zone())
}

func (v View) zone() *time.Location {
	if v.Zone == nil {
		return time.UTC
	}
	return v.Zone
}

func (v View) layout() string {
	switch v.Dates {
	case tenant.DateISO:
		return "2006-01-02"
	case tenant.DateUS:
		return "01/02/2006"
	default:
		return "2 Jan 2006"
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// Count answers "1 member", "5 members".
func Count(n int, noun string) string { return count(n, noun) }

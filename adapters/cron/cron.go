// Package cron reads schedules of five fields and says when they fire, in a time zone and across its changes of the clock.
package cron

import (
	"strings"
	"time"

	cron "github.com/netresearch/go-cron"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	maxLength = 200
	repeats   = 200 // firings within one repeated hour or two, each minute
)

// Cron implements ports.Cron.
type Cron struct{}

var _ ports.Cron = Cron{}

// New makes one; it holds nothing.
func New() Cron { return Cron{} }

// Next implements ports.Cron.
func (Cron) Next(schedule, timeZone string, after time.Time) (time.Time, error) {
	zone, err := time.LoadLocation(timeZone)
	if err != nil {
		return time.Time{}, fault.New(fault.Invalid, "bad_time_zone", "There is no such time zone. Give one such as Europe/Berlin.")
	}
	fields := strings.Fields(schedule)
	if len(schedule) > maxLength || len(fields) != 5 || strings.ContainsAny(schedule, "@=") {
		return time.Time{}, bad("Give five fields: minute, hour, day of month, month, day of week. 30 3 * * * is every day at 03:30.")
	}
	fires, err := cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(strings.Join(fields, " "))
	if err != nil {
		return time.Time{}, bad("One of the five fields is not understood. Minute 0-59, hour 0-23, day 1-31, month 1-12, day of week 0-6.")
	}
	at := after.In(zone)
	for range repeats {
		if at = fires.Next(at); at.IsZero() {
			return time.Time{}, bad("This schedule never fires: there is no such date.")
		}
		if !again(at) {
			return at.UTC(), nil
		}
	}
	return time.Time{}, bad("This schedule never fires.")
}

// again says whether the clock showed this time before: it was put back meanwhile.
func again(at time.Time) bool {
	const wall = "2006-01-02 15:04"
	for _, back := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if at.Add(-back).Format(wall) == at.Format(wall) {
			return true
		}
	}
	return false
}

func bad(words string) error { return fault.New(fault.Invalid, "bad_schedule", words) }

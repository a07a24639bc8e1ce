package ports

import "time"

// Cron reads schedules of five fields (minute, hour, day of month, month, day of week).
type Cron interface {
	// Next answers the first time after the given one at which the schedule fires in that time zone, in UTC. A time that the clocks
	// skip fires once when they have been put forward, one that they repeat fires once. Faults Invalid: bad_schedule, which says
	// what is wrong with the text, or that it never fires; bad_time_zone.
	Next(schedule, timeZone string, after time.Time) (time.Time, error)
}

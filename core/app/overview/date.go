package overview

import (
	"cmp"
	"sort"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
)

// Date is a day of the calendar, in whatever time zone.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf answers the day of t in zone.
func DateOf(t time.Time, zone *time.Location) Date {
	y, m, d := t.In(zone).Date()
	return Date{y, m, d}
}

// ParseDate reads a day such as 2026-12-04. Fault Invalid, bad_date, field date.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, fault.New(fault.Invalid, "bad_date", "There is no such day.").Field("date", "Give a day such as 2026-12-04.")
	}
	return DateOf(t, time.UTC), nil
}

// String answers the day as 2026-12-04.
func (d Date) String() string { return d.utc().Format(time.DateOnly) }

// Add answers the day so many days later.
func (d Date) Add(days int) Date { return DateOf(d.utc().AddDate(0, 0, days), time.UTC) }

// Compare answers -1, 0 or 1.
func (d Date) Compare(e Date) int {
	return cmp.Or(cmp.Compare(d.Year, e.Year), cmp.Compare(d.Month, e.Month), cmp.Compare(d.Day, e.Day))
}

func (d Date) utc() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Start answers the first moment that is of this day, or of a later one, in zone: where clocks are put forward at
// midnight the day begins at one, and where they are put back it has two midnights.
func (d Date) Start(zone *time.Location) time.Time {
	const reach = 36 * time.Hour // no zone is further from UTC, whatever was done to its clocks that day
	from := d.utc().Add(-reach)
	n := sort.Search(int(2*reach/time.Second), func(i int) bool {
		return DateOf(from.Add(time.Duration(i)*time.Second), zone).Compare(d) >= 0
	})
	return from.Add(time.Duration(n) * time.Second)
}

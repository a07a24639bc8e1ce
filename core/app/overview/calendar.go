package overview

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// Months is how many months the calendar shows, the current one first.
	Months = 18
	// MostOfDay is how many certificates a day is opened into.
	MostOfDay = 200
)

// Calendar says how many certificates end on which day.
type Calendar struct {
	Zone  *time.Location
	From  Date          // the first of the current month
	Until Date          // the first day after the last month
	Days  map[Date]int  // days without any are left out
	Turns map[Date]Turn // of the days with any
}

// Turn is when the first certificate of a day turns amber, and when the first turns red, by the one rule of artifact.Ahead: to the
// quarter of an hour.
type Turn struct{ Amber, Red time.Time }

// Calendar answers the calendar as days are in zone (nil: UTC).
func (s *Service) Calendar(ctx context.Context, actor tenant.Actor, zone *time.Location) (c Calendar, err error) {
	err = s.view(ctx, actor, func(tx ports.Tx) error {
		c, err = s.calendar(ctx, tx, zone)
		return err
	})
	return c, err
}

func (s *Service) calendar(ctx context.Context, tx ports.Tx, zone *time.Location) (Calendar, error) {
	if zone == nil {
		zone = time.UTC
	}
	counts, err := tx.Summary().Counts(ctx)
	if err != nil {
		return Calendar{}, err
	}
	from := DateOf(s.Now(), zone)
	from.Day = 1
	k := leafKey{tx.Tenant(), zone.String(), from}
	if c, ok := s.made.get(k, counts.Ends); ok {
		return c, nil
	}
	c, err := s.makeCalendar(ctx, tx, zone, from)
	if err == nil {
		s.made.put(k, counts.Ends, c)
	}
	return c, err
}

func (s *Service) makeCalendar(ctx context.Context, tx ports.Tx, zone *time.Location, from Date) (Calendar, error) {
	c := Calendar{Zone: zone, From: from, Until: DateOf(from.utc().AddDate(0, Months, 0), time.UTC), Days: map[Date]int{}, Turns: map[Date]Turn{}}
	hours, err := tx.Summary().Calendar(ctx, from.Start(zone), c.Until.Start(zone))
	if err != nil {
		return c, err
	}
	for _, h := range hours {
		if err := c.add(ctx, tx, h); err != nil {
			return c, err
		}
	}
	return c, nil
}

// add puts the certificates of an hour on their day. Hours are counted from a midnight of the zone, so that each is of one
// day, but where clocks are put forward by half an hour later on: the two parts are then asked for one by one.
func (c *Calendar) add(ctx context.Context, tx ports.Tx, h artifact.HourCount) error {
	end := h.From.Add(time.Hour)
	day, next := DateOf(h.From, c.Zone), DateOf(end.Add(-time.Nanosecond), c.Zone)
	if day == next {
		c.note(day, h)
		return nil
	}
	midnight := next.Start(c.Zone)
	for _, part := range []struct {
		day      Date
		from, to time.Time
	}{{day, h.From, midnight}, {next, midnight, end}} {
		list, err := tx.Summary().Calendar(ctx, part.from, part.to)
		if err != nil {
			return err
		}
		for _, p := range list {
			c.note(part.day, p)
		}
	}
	return nil
}

func (c *Calendar) note(d Date, h artifact.HourCount) {
	if d.Compare(c.From) < 0 || d.Compare(c.Until) >= 0 {
		return
	}
	t, there := c.Turns[d]
	if !there || h.Amber.Before(t.Amber) {
		t.Amber = h.Amber
	}
	if !there || h.Red.Before(t.Red) {
		t.Red = h.Red
	}
	c.Days[d] += h.N
	c.Turns[d] = t
}

// Day answers the certificates that end on a day in zone (nil: UTC), soonest first, MostOfDay at most. Faults: bad_date.
func (s *Service) Day(ctx context.Context, actor tenant.Actor, zone *time.Location, day Date) ([]artifact.Artifact, error) {
	return s.Between(ctx, actor, zone, day, day.Add(1))
}

// Between answers the certificates that end from one day to before another in zone (nil: UTC), soonest first, MostOfDay at
// most. Faults: bad_date.
func (s *Service) Between(ctx context.Context, actor tenant.Actor, zone *time.Location, from, until Date) (out []artifact.Artifact, err error) {
	if zone == nil {
		zone = time.UTC
	}
	for _, d := range []Date{from, until} {
		if d.Year < 1 || d.Year > 9999 || DateOf(d.utc(), time.UTC) != d {
			return nil, fault.New(fault.Invalid, "bad_date", "There is no such day.").Field("date", "Give a day such as 2026-12-04.")
		}
	}
	err = s.view(ctx, actor, func(tx ports.Tx) error {
		out, err = tx.Summary().Between(ctx, from.Start(zone), until.Start(zone), MostOfDay)
		return err
	})
	return out, err
}

package overview_test

import (
	"bytes"
	"fmt"
	"maps"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/fault"
)

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		panic(err)
	}
	return t
}

// ends are moments around which days begin somewhere, and the edges of the 18 months.
var ends = []string{
	"2026-10-31 23:59:59", "2026-11-01 00:00:00", "2026-11-22 12:00:00", "2026-12-04 18:29:59", "2026-12-04 18:30:00", "2026-12-04 18:45:00",
	"2026-12-04 23:00:00", "2026-12-04 23:59:59", "2026-12-05 00:00:00", "2026-12-31 22:30:00", "2027-01-01 05:15:00",
	"2027-03-14 05:30:00", "2027-03-28 00:59:59", "2027-03-28 22:00:00", // clocks go forward in New York, Berlin
	"2027-04-03 14:59:59", "2027-04-03 15:10:00", "2027-10-02 15:29:59", "2027-10-02 15:30:00", "2027-10-03 13:15:00", // Lord Howe: by half an hour
	"2027-04-29 21:59:59", "2027-04-29 22:00:00", "2027-10-28 21:30:00", // Cairo: at midnight
	"2028-04-30 23:59:59", "2028-05-01 00:00:00", "2028-05-01 09:00:00",
}

// fill uploads a certificate for each of the ends.
func (d *desk) fill() {
	d.t.Helper()
	for i := 0; i < len(ends); i += 20 {
		var req intake.Request
		for j, s := range ends[i:min(i+20, len(ends))] {
			p := leaf(fmt.Sprintf("n%d.example.com", i+j), utc(s))
			req.Files = append(req.Files, intake.File{Filename: "x.pem", Data: bytes.Clone(p.CertPEM)})
		}
		_, err := d.kit.Vault.Upload(ctx, d.kit.Owner, req)
		d.ok(err)
	}
}

// Wherever somebody is, the calendar says of each day what opening the day shows, and that is what ends on it there.
func TestTheCalendarIsRightInEveryTimeZone(t *testing.T) {
	engines(t, func(d *desk) {
		d.now = utc("2026-11-22 09:00:00")
		d.fill()
		for _, name := range []string{
			"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo",
			"America/Havana", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/St_Johns",
		} {
			z := zone(d.t, name)
			want := map[overview.Date]int{}
			for _, s := range ends {
				day := overview.DateOf(utc(s), z)
				if day.Compare(overview.Date{Year: 2026, Month: 11, Day: 1}) >= 0 && day.Compare(overview.Date{Year: 2028, Month: 5, Day: 1}) < 0 {
					want[day]++
				}
			}
			c, err := d.Calendar(ctx, d.kit.Owner, z)
			d.ok(err)
			if !maps.Equal(c.Days, want) {
				d.t.Errorf("%s: %v, want %v", name, c.Days, want)
			}
			if c.From.String() != "2026-11-01" || c.Until.String() != "2028-05-01" || c.Zone != z {
				d.t.Errorf("%s: %s to %s in %s", name, c.From, c.Until, c.Zone)
			}
			for day, n := range want {
				rows, err := d.Day(ctx, d.kit.Owner, z, day)
				d.ok(err)
				if len(rows) != n {
					d.t.Errorf("%s: %d rows on %s, want %d", name, len(rows), day, n)
				}
				for i, a := range rows {
					if overview.DateOf(a.NotAfter, z) != day || i > 0 && a.NotAfter.Before(rows[i-1].NotAfter) {
						d.t.Errorf("%s: %s is listed on %s", name, a.NotAfter, day)
					}
				}
			}
		}
	})
}

func TestTheCalendarBeginsWithTheMonthOfTheZone(t *testing.T) {
	engines(t, func(d *desk) {
		d.now = utc("2026-12-31 18:00:00")
		for name, want := range map[string]string{"UTC": "2026-12-01", "Pacific/Kiritimati": "2027-01-01"} {
			if c, err := d.Calendar(ctx, d.kit.Owner, zone(d.t, name)); err != nil || c.From.String() != want {
				d.t.Errorf("%s: %s, %v", name, c.From, err)
			}
		}
		_, c, err := d.Whole(ctx, d.kit.Owner, nil) // the workspace's own zone
		if err != nil || c.Zone.String() != "UTC" {
			d.t.Errorf("%+v, %v", c, err)
		}
	})
}

func TestDates(t *testing.T) {
	for _, s := range []string{"2026-02-30", "", "4 Dec 2026", "2026-12-04T00:00:00Z", "0000-01-01", "20261204", "2026-12-4"} {
		if _, err := overview.ParseDate(s); fault.CodeOf(err) != "bad_date" {
			t.Errorf("%q: %v", s, err)
		}
	}
	d, err := overview.ParseDate("2028-02-28")
	if err != nil || d.Add(1).String() != "2028-02-29" || d.Add(2).String() != "2028-03-01" || d.Add(-59).String() != "2027-12-31" {
		t.Errorf("%v, %v", d, err)
	}
	for _, c := range []struct{ day, zone, want string }{
		{"2026-12-04", "UTC", "2026-12-04 00:00:00"}, {"2026-12-04", "Asia/Kathmandu", "2026-12-03 18:15:00"},
		{"2027-04-30", "Africa/Cairo", "2027-04-29 22:00:00"},   // clocks go from midnight to one
		{"2027-10-29", "Africa/Cairo", "2027-10-28 22:00:00"},   // from midnight back to eleven
		{"2026-11-01", "America/Havana", "2026-11-01 04:00:00"}, // from one back to midnight: the first of the two
		{"2011-12-30", "Pacific/Apia", "2011-12-30 10:00:00"},   // a day that was left out begins with the next
		{"2026-06-01", "Pacific/Kiritimati", "2026-05-31 10:00:00"}, {"2026-06-01", "Pacific/Pago_Pago", "2026-06-01 11:00:00"},
	} {
		day, err := overview.ParseDate(c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := day.Start(zone(t, c.zone)); !got.Equal(utc(c.want)) {
			t.Errorf("%s begins in %s at %s, want %s", c.day, c.zone, got.UTC(), c.want)
		}
	}
}

func TestADayThatIsNone(t *testing.T) {
	engines(t, func(d *desk) {
		for _, day := range []overview.Date{{}, {Year: 2026, Month: 2, Day: 30}, {Year: 2026, Month: 13, Day: 1}, {Year: 300000, Month: 1, Day: 1}, {Year: -1, Month: 1, Day: 1}} {
			if _, err := d.Day(ctx, d.kit.Owner, nil, day); fault.CodeOf(err) != "bad_date" {
				d.t.Errorf("%v: %v", day, err)
			}
		}
	})
}

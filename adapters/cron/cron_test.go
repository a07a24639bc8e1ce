package cron_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/cron"
	"github.com/ignisfox/ignisfox/core/fault"
)

func TestNext(t *testing.T) {
	for what, c := range map[string]struct{ schedule, zone, after, want string }{
		"every night":                    {"0 2 * * *", "UTC", "2026-11-22T09:00:00Z", "2026-11-23T02:00:00Z"},
		"in the tenant's time":           {"0 2 * * *", "Europe/Berlin", "2026-07-01T12:00:00Z", "2026-07-02T00:00:00Z"},
		"not at the very time again":     {"0 2 * * *", "UTC", "2026-11-23T02:00:00Z", "2026-11-24T02:00:00Z"},
		"more spaces":                    {" 0  2 * * 1 ", "UTC", "2026-11-22T09:00:00Z", "2026-11-23T02:00:00Z"},
		"on Sundays, as 0":               {"0 2 * * 0", "UTC", "2026-11-23T09:00:00Z", "2026-11-29T02:00:00Z"},
		"on the 29th of February":        {"0 0 29 2 *", "UTC", "2026-11-22T09:00:00Z", "2028-02-29T00:00:00Z"},
		"a time that is skipped":         {"30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:30:00Z"},
		"the day after it":               {"30 2 * * *", "Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-30T00:30:00Z"},
		"a time that comes twice":        {"30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"},
		"not the second of them":         {"30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"},
		"every minute, across the clock": {"* * * * *", "Europe/Berlin", "2026-10-25T00:59:00Z", "2026-10-25T02:00:00Z"},
		"half an hour on Lord Howe":      {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"},
	} {
		t.Run(what, func(t *testing.T) {
			after, err := time.Parse(time.RFC3339, c.after)
			if err != nil {
				t.Fatal(err)
			}
			at, err := cron.New().Next(c.schedule, c.zone, after)
			if err != nil {
				t.Fatal(err)
			}
			if got := at.Format(time.RFC3339); got != c.want {
				t.Errorf("fires %s, want %s", got, c.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for what, c := range map[string]struct{ schedule, zone, code string }{
		"nothing":               {"", "UTC", "bad_schedule"},
		"six fields":            {"0 0 2 * * *", "UTC", "bad_schedule"},
		"a word":                {"@daily", "UTC", "bad_schedule"},
		"a time zone inside":    {"CRON_TZ=UTC 0 2 * * *", "UTC", "bad_schedule"},
		"minute 60":             {"60 2 * * *", "UTC", "bad_schedule"},
		"the 30th of February":  {"0 0 30 2 *", "UTC", "bad_schedule"},
		"the 31st of any month": {"0 0 31 2,4,6,9,11 *", "UTC", "bad_schedule"},
		"no such zone":          {"0 2 * * *", "Mars/Olympus", "bad_time_zone"},
	} {
		if _, err := cron.New().Next(c.schedule, c.zone, now); fault.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", what, err, c.code)
		}
	}
}

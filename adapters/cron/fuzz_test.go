package cron_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/cron"
	"github.com/ignisfox/ignisfox/core/fault"
)

// What people type as a schedule ends with a time that lies ahead, at which the clock of the zone shows a whole minute, or with advice.
func FuzzNext(f *testing.F) {
	for _, seed := range []string{"0 2 * * *", "*/5 0-23/2 1,15 * MON-FRI", "0 0 29 2 *", "0 0 31 2,4,6,9,11 *", "@daily", "TZ=UTC 0 2 * * *", "60 * * * *",
		"0 0 L * *", "0 0 * * 5#3", "? ? ? ? ?", "1-1/0 * * * *", "0 2 * * 7", "\x00 * * * *"} {
		f.Add(seed, uint32(1774743000), uint8(0))
	}
	zones := []string{"UTC", "Europe/Berlin", "Australia/Lord_Howe", "Antarctica/Troll", "America/St_Johns", "Pacific/Apia"}
	f.Fuzz(func(t *testing.T, schedule string, from uint32, zone uint8) {
		after := time.Unix(int64(from), 0).UTC()
		begun := time.Now()
		at, err := cron.New().Next(schedule, zones[int(zone)%len(zones)], after)
		if took := time.Since(begun); took > time.Second {
			t.Errorf("%q takes %s", schedule, took)
		}
		switch {
		case err != nil && fault.CodeOf(err) != "bad_schedule":
			t.Errorf("%q: %v", schedule, err)
		case err == nil && (!at.After(after) || at.Location() != time.UTC || at.Second() != 0):
			t.Errorf("%q after %s: %s", schedule, after, at)
		}
	})
}

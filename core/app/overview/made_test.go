package overview_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/app/vault"
)

// A calendar that is remembered is never out of date: neither when another server adds a certificate, nor when one goes and
// another comes, nor when the month turns.
func TestTheCalendarIsNeverOutOfDate(t *testing.T) {
	engines(t, func(d *desk) {
		d.now = utc("2026-11-22 12:00:00")
		day := overview.Date{Year: 2026, Month: time.December, Day: 4}
		want := func(n int, on overview.Date) {
			d.t.Helper()
			for range 2 { // the second time it may be remembered
				c, err := d.Calendar(ctx, d.kit.Owner, nil)
				d.ok(err)
				if c.Days[on] != n {
					d.t.Errorf("%s has %d, want %d", on, c.Days[on], n)
				}
				c.Days[on] = 1000 // whoever got it may write in it
			}
		}
		want(0, day)
		d.upload("a", leaf("a.example.com", utc("2026-12-04 10:00:00")).CertPEM)
		want(1, day)
		d.upload("b", leaf("b.example.com", utc("2026-12-04 11:00:00")).CertPEM)
		want(2, day)
		page, err := d.kit.Vault.List(ctx, d.kit.Owner, vault.ListQuery{Search: "a.example.com", Limit: 10})
		d.ok(err)
		d.ok(d.kit.Vault.Delete(ctx, d.kit.Owner, page.Items[0].ID, true))
		d.upload("c", leaf("c.example.com", utc("2026-12-05 11:00:00")).CertPEM)
		want(1, day)
		want(1, day.Add(1))
		d.now = utc("2026-12-22 12:00:00")
		want(1, day)
		c, err := d.Calendar(ctx, d.kit.NewTenant(d.t, "Other"), nil)
		if err != nil || len(c.Days) != 0 {
			d.t.Errorf("another workspace sees %v, %v", c.Days, err)
		}
	})
}

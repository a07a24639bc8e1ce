package overview_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/overview"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

// A day turns amber and red with the first of its certificates, whatever zone the day is of, also where it begins within an hour.
func TestADayTurnsWithTheFirstOfItsCertificates(t *testing.T) {
	engines(t, func(d *desk) {
		d.now = utc("2026-11-22 09:00:00")
		lives := []time.Duration{time.Hour, 6 * 24 * time.Hour, 47 * 24 * time.Hour, 90 * 24 * time.Hour, 398 * 24 * time.Hour}
		type cert struct{ from, to time.Time }
		var all []cert
		for i, s := range ends {
			c := cert{utc(s).Add(-lives[i%len(lives)]), utc(s)}
			all = append(all, c)
			name := fmt.Sprintf("n%d.example.com", i)
			d.upload(name, testcert.SelfSigned(name, testcert.Names(name), testcert.Valid(c.from, c.to)).CertPEM)
		}
		for _, name := range []string{"UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Africa/Cairo"} {
			z := zone(d.t, name)
			want := map[overview.Date]overview.Turn{}
			for _, c := range all {
				day, ahead := overview.DateOf(c.to, z), artifact.Ahead(c.from, c.to)
				amber, red := c.to.Add(-ahead), c.to.Add(-ahead/4)
				w, there := want[day]
				if !there || amber.Before(w.Amber) {
					w.Amber = amber
				}
				if !there || red.Before(w.Red) {
					w.Red = red
				}
				want[day] = w
			}
			c, err := d.Calendar(ctx, d.kit.Owner, z)
			d.ok(err)
			if len(c.Turns) != len(c.Days) || len(c.Days) == 0 {
				d.t.Errorf("%s: %d days turn of %d", name, len(c.Turns), len(c.Days))
			}
			for day, got := range c.Turns {
				const exact = 15 * time.Minute
				if w := want[day]; got.Amber.Sub(w.Amber).Abs() > exact || got.Red.Sub(w.Red).Abs() > exact {
					d.t.Errorf("%s: %s turns %v, want %v", name, day, got, w)
				}
			}
		}
	})
}

package target_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/target"
)

func TestStateOfADevice(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for what, c := range map[string]struct {
		wanted int
		last   target.LastFetch
		want   target.State
	}{
		"never fetched":            {3, target.LastFetch{}, target.StateNever},
		"has the current one":      {3, target.LastFetch{At: now, Observed: 3}, target.StateUpToDate},
		"has an older one":         {3, target.LastFetch{At: now, Observed: 2}, target.StateBehind},
		"was rolled back for":      {2, target.LastFetch{At: now, Observed: 3}, target.StateBehind},
		"asked for the leaf alone": {3, target.LastFetch{At: now, Generation: 3}, target.StateBehind},
		"group lost its pair":      {0, target.LastFetch{At: now}, target.StateBehind},
	} {
		tg := target.Target{Wanted: c.wanted, LastFetch: c.last}
		if got := tg.State(); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
}

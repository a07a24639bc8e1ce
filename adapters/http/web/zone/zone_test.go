package zone_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/zone"
)

var (
	winter = time.Date(2026, time.November, 22, 9, 30, 0, 0, time.UTC)
	summer = time.Date(2026, time.July, 1, 9, 30, 0, 0, time.UTC)
)

func TestZonesAreNamedWithTheirOffset(t *testing.T) {
	for name, want := range map[string][2]string{
		"UTC":                 {"UTC", "UTC"},
		"Europe/Stockholm":    {"Europe/Stockholm (UTC+1)", "Europe/Stockholm (UTC+2)"},
		"America/Chicago":     {"America/Chicago (UTC\u22126)", "America/Chicago (UTC\u22125)"},
		"Asia/Kolkata":        {"Asia/Kolkata (UTC+5:30)", "Asia/Kolkata (UTC+5:30)"},
		"America/St_Johns":    {"America/St_Johns (UTC\u22123:30)", "America/St_Johns (UTC\u22122:30)"},
		"Atlantic/Reykjavik":  {"Atlantic/Reykjavik (UTC)", "Atlantic/Reykjavik (UTC)"},
		"Nowhere/In the game": {"Nowhere/In the game", "Nowhere/In the game"},
	} {
		if got := [2]string{zone.Label(winter, name), zone.Label(summer, name)}; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestOptionsHoldEveryZoneOnce(t *testing.T) {
	all := zone.Options(winter, "")
	seen := map[string]bool{}
	for _, o := range all {
		if _, err := time.LoadLocation(o.Value); err != nil || seen[o.Value] {
			t.Errorf("%q: twice %v, %v", o.Value, seen[o.Value], err)
		}
		seen[o.Value] = true
	}
	if len(all) < 400 || !seen["UTC"] || !seen["Europe/Berlin"] || !seen["Pacific/Auckland"] {
		t.Errorf("%d zones", len(all))
	}
	// Asia/Calcutta is what Asia/Kolkata was called: somebody may have it.
	if old := zone.Options(winter, "Asia/Calcutta"); len(old) != len(all)+1 || old[len(old)-1].Value != "Asia/Calcutta" {
		t.Error("the zone in use is not offered")
	}
	if len(zone.Options(winter, "Europe/Berlin")) != len(all) || len(zone.Options(winter, "No/Such")) != len(all) {
		t.Error("a zone is offered twice, or one that does not exist")
	}
}

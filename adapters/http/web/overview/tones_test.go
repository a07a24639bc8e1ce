package overview_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/internal/testcert"
)

var dayTone = regexp.MustCompile(`<td[^>]*data-tone="([a-z]+)"[^>]*><button id="d-([0-9-]+)"`)

// A day of the calendar has the tone that its certificate has on every other page: a fresh one of six days is no alarm.
func TestTheCalendarHasTheTonesOfTheLists(t *testing.T) {
	r := rig(t)
	const day = 24 * time.Hour
	root := testcert.Root("Tones Root")
	want := map[string]string{}
	for name, c := range map[string]struct{ life, left time.Duration }{
		"fresh-of-six": {6 * day, 5 * day}, "late-of-six": {6 * day, 30 * time.Hour}, "fresh-of-47": {47 * day, 26 * day}, "amber-of-47": {47 * day, 12 * day},
		"amber-of-90": {90 * day, 28 * day}, "red-of-90": {90 * day, 6 * day}, "green-of-year": {398 * day, 45 * day}, "ended": {90 * day, -day},
	} {
		end := r.Now().Add(c.left)
		leaf := root.Leaf(name+".example.com", testcert.Names(name+".example.com"), testcert.Valid(end.Add(-c.life), end))
		put(t, r, leaf.CertPEM)
		if end.Month() != r.Now().Month() && c.left < 0 {
			continue // the calendar begins with the month
		}
		tone := view.ExpiryOf(end.Add(-c.life), end, r.Now()).Tone
		if tone == view.ToneOK {
			tone = view.ToneInfo // healthy days stay quiet
		}
		want[end.Format(time.DateOnly)] = tone
	}
	page := r.As(t, tenant.Viewer).Get("/dashboard")
	page.Want(http.StatusOK, "Expiry calendar")
	got := map[string]string{}
	for _, m := range dayTone.FindAllStringSubmatch(page.Body, -1) {
		got[m[2]] = m[1]
	}
	for d, tone := range want {
		if got[d] != tone {
			t.Errorf("%s is %q, want %q", d, got[d], tone)
		}
	}
}

package view_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/adapters/http/web/view"
)

// A time that was given a moment ago is told as it was given, and never as more.
func TestTimeLeftIsNotCutDownByASecond(t *testing.T) {
	v := view.View{Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	const hour, day = time.Hour, 24 * time.Hour
	for left, want := range map[time.Duration]string{
		0: "over", -time.Second: "over", time.Second: "1 minute", 59 * time.Second: "1 minute", 90 * time.Second: "2 minutes",
		hour - time.Second: "1 hour", hour: "1 hour", 2*hour - time.Second: "2 hours", 2*hour - time.Minute: "1 hour", 41*hour - 2*time.Second: "41 hours",
		48*hour - time.Second: "2 days", 72*hour - time.Second: "3 days", 72 * hour: "3 days", 71 * hour: "2 days", 7*day - 29*time.Second: "7 days",
	} {
		if got := v.Until(v.Now.Add(left)); got != want {
			t.Errorf("%s: %q, want %q", left, got, want)
		}
	}
}

package artifact_test

import (
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
)

func TestAmberBeginsWithTheLifetime(t *testing.T) {
	const day = 24 * time.Hour
	end := time.Date(2026, 12, 4, 12, 0, 0, 0, time.UTC)
	for life, want := range map[time.Duration]time.Duration{
		398 * day: 30 * day, 90 * day: 30 * day, 45 * day: 15 * day, 6 * day: 2 * day, time.Hour: 20 * time.Minute, 0: 0, -time.Hour: 0,
	} {
		if got := artifact.Ahead(end.Add(-life), end); got != want {
			t.Errorf("a life of %v is amber for %v, want %v", life, got, want)
		}
	}
	if got := artifact.Ahead(time.Time{}, end); got != 30*day {
		t.Errorf("a life without a beginning is amber for %v", got)
	}
}

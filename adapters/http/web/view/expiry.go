package view

import (
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
)

// Tones of states.
const (
	ToneOK   = "ok"
	ToneWarn = "warn"
	ToneBad  = "bad"
	ToneInfo = "info"
)

// Expiry is how the end of a certificate is shown: the number first, the date second, the used part of its life as a line.
type Expiry struct {
	Tone string
	Text string // "12 days", "expired 2 d", "5 hours"
	At   time.Time
	Used int // of 1000
}

// ExpiryOf follows the one rule of the product: with w = artifact.Ahead, amber inside w, red inside a quarter of w or past the end.
func ExpiryOf(notBefore, notAfter, now time.Time) Expiry {
	e := Expiry{Tone: ToneOK, At: notAfter}
	life, left := notAfter.Sub(notBefore), notAfter.Sub(now)
	w := artifact.Ahead(notBefore, notAfter)
	switch {
	case left <= w/4:
		e.Tone = ToneBad
	case left <= w:
		e.Tone = ToneWarn
	}
	if life > 0 {
		e.Used = int(max(0, min(1000, float64(now.Sub(notBefore))/float64(life)*1000)))
	}
	e.Text = remaining(left)
	return e
}

func remaining(left time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case left <= -day:
		return "expired " + strconv.Itoa(int(-left/day)) + " d"
	case left <= -time.Hour:
		return "expired " + strconv.Itoa(int(-left/time.Hour)) + " h"
	case left <= 0:
		return "expired"
	case left < time.Hour:
		return count(int(left/time.Minute)+1, "minute")
	case left < day:
		return count(int(left/time.Hour), "hour")
	default:
		return count(int(left/day), "day")
	}
}

package view

import (
	"strconv"
	"time"
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

// warnMost is the longest time before the end at which a certificate turns amber.
const warnMost = 30 * 24 * time.Hour

// ExpiryOf answers the one rule of the product: with w = min(30 days, a third of the lifetime), amber inside w, red inside
// a quarter of w or past the end. Short-lived certificates so do not cry wolf.
func ExpiryOf(notBefore, notAfter, now time.Time) Expiry {
	e := Expiry{Tone: ToneOK, At: notAfter}
	life, left := notAfter.Sub(notBefore), notAfter.Sub(now)
	w := min(warnMost, life/3)
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

// Package limit slows down callers that ask too often, one token bucket for each key.
//
//	rate, err := limit.Parse("120/min,burst=120")
//	l := limit.New[netip.Addr](rate, limit.DefaultKeys)
//	ok, wait := l.Take(limit.Client(addr), time.Now())
//	if !ok { w.Header().Set("Retry-After", limit.Seconds(wait)) … 429 }
//
// A refusal costs the caller nothing: who waits as long as it was told is let through, however often it asked meanwhile.
package limit

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
)

// SlowDown is what every 429 says. Scripts compare it, so it never changes.
const SlowDown = "Too many requests. Slow down and try again in a minute — sorry for the friction, it stops abuse of our public tools."

// Rate is how much is allowed. The zero Rate allows everything.
type Rate struct {
	N     int           // this many
	Per   time.Duration // in this time
	Burst int           // and this many at once after a rest
}

const maxN = 1_000_000_000

// Parse reads "N/s", "N/min" or "N/h", with ",burst=B" behind or not; the burst is N unless given. N and B are whole
// numbers from 1 to 1,000,000,000. Fault Invalid, code bad_rate.
func Parse(s string) (Rate, error) {
	bad := fault.New(fault.Invalid, "bad_rate", "A rate is written N/s, N/min or N/h, with ,burst=B behind if need be, such as 120/min,burst=20.")
	amount, burst, hasBurst := strings.Cut(s, ",")
	number, unit, _ := strings.Cut(amount, "/")
	per, ok := map[string]time.Duration{"s": time.Second, "min": time.Minute, "h": time.Hour}[unit]
	n, good := whole(number)
	if !ok || !good {
		return Rate{}, bad
	}
	r := Rate{N: n, Per: per, Burst: n}
	if hasBurst {
		value, found := strings.CutPrefix(burst, "burst=")
		if r.Burst, good = whole(value); !found || !good {
			return Rate{}, bad
		}
	}
	return r, nil
}

func whole(s string) (int, bool) {
	if s == "" || s[0] < '1' || s[0] > '9' { // no sign, no leading zero
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n <= maxN
}

// String writes the rate as Parse reads it, "off" for the zero Rate.
func (r Rate) String() string {
	unit := map[time.Duration]string{time.Second: "s", time.Minute: "min", time.Hour: "h"}[r.Per]
	if r.N == 0 || unit == "" {
		return "off"
	}
	return strconv.Itoa(r.N) + "/" + unit + ",burst=" + strconv.Itoa(r.Burst)
}

// Seconds answers d for a Retry-After header: whole seconds, rounded up, at least 1.
func Seconds(d time.Duration) string {
	return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
}

// Client answers the key for a client address: the address itself for IPv4, the /64 for IPv6, as one customer has at
// least that many to choose from.
func Client(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if !a.Is6() {
		return a
	}
	p, _ := a.WithZone("").Prefix(64) // 64 is never out of range
	return p.Addr()
}

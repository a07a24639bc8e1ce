package artifact

import "time"

// mostAhead is the longest time before its end at which a certificate turns amber.
const mostAhead = 30 * 24 * time.Hour

// Ahead answers how long before its end a certificate turns amber: 30 days, or a third of its lifetime where that is less, so that
// short-lived ones do not cry wolf. It turns red when a quarter of that is left. It is the one rule of the product.
func Ahead(notBefore, notAfter time.Time) time.Duration {
	return max(0, min(mostAhead, notAfter.Sub(notBefore)/3))
}

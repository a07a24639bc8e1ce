package ui

import "strconv"

// KB answers bytes as people read them: "241 B", "6.1 KB".
func KB(n int64) string {
	const kb = 1024
	switch {
	case n < kb:
		return strconv.FormatInt(n, 10) + " B"
	case n < 10*kb:
		return strconv.FormatFloat(float64(n)/kb, 'f', 1, 64) + " KB"
	case n < kb*kb:
		return strconv.FormatInt((n+kb/2)/kb, 10) + " KB"
	default:
		return strconv.FormatFloat(float64(n)/kb/kb, 'f', 1, 64) + " MB"
	}
}

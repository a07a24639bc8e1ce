package token

import (
	"strings"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/secret"
)

const (
	// redactCap is how much of a text Redact looks at, in bytes; it drops the rest rather than let it pass unseen.
	redactCap = 64 << 10
	// redactRun is how many base62 characters behind a prefix count as a token. Far fewer than a token has, so that one
	// cut off by a limit somewhere is caught as well; far more than an identifier such as script_name goes on for.
	redactRun = 16
	cutMark   = "…[cut]"
)

// Redact answers s with whatever looks like a token replaced by its prefix and "[redacted]", also inside other words
// and also when cut short. It takes linear time. Of a text over 64 KB only the first 64 KB are answered, with "…[cut]".
func Redact(s string) string {
	cut := len(s) > redactCap
	if cut {
		s = s[:runeCut(s, redactCap)]
	}
	var out strings.Builder
	done := 0 // what of s has been written or replaced
	for at := 0; at < len(s); {
		i := strings.IndexByte(s[at:], '_')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		kind := kindEndingAt(s, at)
		if kind == None {
			continue
		}
		end := at
		for end < len(s) && inAlphabet[s[end]] {
			end++
		}
		if end-at >= redactRun || cut && end == len(s) {
			// Two tokens without anything between share the letters of the second prefix: it was replaced already.
			out.WriteString(s[done:max(done, at-len(kind.Prefix()))])
			out.WriteString(kind.Prefix())
			out.WriteString(secret.Redacted)
			done = end
		}
		at = end
	}
	if done == 0 && !cut {
		return s
	}
	out.WriteString(s[done:])
	if cut {
		out.WriteString(cutMark)
	}
	return out.String()
}

// kindEndingAt answers the kind whose prefix ends before s[end].
func kindEndingAt(s string, end int) Kind {
	for _, k := range kinds {
		if strings.HasSuffix(s[:end], k.Prefix()) {
			return k
		}
	}
	return None
}

// runeCut answers n, or a little less when that would cut a character in two.
func runeCut(s string, n int) int {
	for back := range utf8.UTFMax {
		if utf8.RuneStart(s[n-back]) {
			return n - back
		}
	}
	return n
}

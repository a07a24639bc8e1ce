package pluginhost

import (
	"regexp"
	"strings"

	"github.com/ignisfox/ignisfox/sdk/plugin"
)

const hiddenText = "[redacted]"

// What looks like a secret, whoever it belongs to.
var (
	secretName = regexp.MustCompile(`(?i)(password|passwd|passphrase|secret|token|api[_-]?key|credential|authorization|cookie|private[_-]?key)`)
	shapes     = []struct {
		find *regexp.Regexp
		put  string
	}{
		{regexp.MustCompile(`(?i)\b(bearer|basic|digest|negotiate|ntlm)\s+[A-Za-z0-9+/=._~-]{8,}`), "$1 " + hiddenText},
		{regexp.MustCompile(`(?i)((?:password|passwd|passphrase|secret|token|api[_-]?key|credential|authorization|cookie)s?["']?\s*[:=]\s*)` +
			`("[^"]*"?|'[^']*'?|[^\s,;&]+)`), "$1" + hiddenText},
		{regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)*`), hiddenText},
		{regexp.MustCompile(`\b([a-z][a-z0-9+.-]*://[^\s/@:]*):[^\s/@]+@`), "$1:" + hiddenText + "@"},
	}
	blob = regexp.MustCompile(`[A-Za-z0-9+/_-]{44,}={0,2}`)
)

// withoutTokens takes out what looks like a secret. Fingerprints in hex stay.
func withoutTokens(text string) string {
	for _, s := range shapes {
		text = s.find.ReplaceAllString(text, s.put)
	}
	return blob.ReplaceAllStringFunc(text, func(found string) string {
		if len(found) <= 128 && strings.Trim(found, "0123456789abcdefABCDEF") == "" || strings.Count(found, "/") > len(found)/16 {
			return found // a fingerprint; a path
		}
		return hiddenText
	})
}

// safe makes one bounded line of text that a plugin or a file wrote: without control characters and private keys.
func safe(text string) string { return (*plugin.Redactor)(nil).Line(text) }

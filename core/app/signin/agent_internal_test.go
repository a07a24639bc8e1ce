package signin

import (
	"strings"
	"testing"
)

func TestBrowsersAreCalledByTheirName(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0":                                                                  "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36":                         "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0":           "Edge on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":                   "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                         "Chrome on Android",
		"curl/8.5.0":                           "curl/8.5.0",
		"  ":                                   "Unknown browser",
		"evil\u202e<script>\x00":               `evil\u{202E}<script>\u{0000}`,
		strings.Repeat("é", 2000):              strings.Repeat("é", 60) + "…",
		"Firefox/1 \xff":                       "Firefox",
		strings.Repeat("x", 1500) + "Firefox/": strings.Repeat("x", 60) + "…",
	} {
		if got := browserOf(agent); got != want {
			t.Errorf("%.60q is called %q, want %q", agent, got, want)
		}
	}
}

package text_test

import (
	"testing"

	"github.com/ignisfox/ignisfox/core/text"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"www.example.com":       "www.example.com",
		"Zürich – 東京":           "Zürich – 東京",
		"a\x00b":                `a\u{0000}b`,
		"a\r\nSet-Cookie: x":    `a\u{000D}\u{000A}Set-Cookie: x`,
		"\x1b[31mred":           `\u{001B}[31mred`,
		"moc.\u202eexample":     `moc.\u{202E}example`,
		"\u2066x\u2069\u200b":   `\u{2066}x\u{2069}\u{200B}`,
		"a\u2028b\u00a0c":       `a\u{2028}b\u{00A0}c`,
		"bad\xffutf8":           `bad\x{FF}utf8`,
		"tag\U000E0041\ufe0fx":  `tag\u{E0041}\u{FE0F}x`,
		"\u115f\u3164":          `\u{115F}\u{3164}`,
		"0123456789abcdef cut!": "0123456789abcdef…",
	} {
		max := 100
		if len(in) == 21 && in[0] == '0' {
			max = 16
		}
		if got := text.Visible(in, max); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
		if text.AllPlain(in) != (text.Visible(in, 1000) == in) {
			t.Errorf("AllPlain(%q) disagrees with Visible", in)
		}
	}
}

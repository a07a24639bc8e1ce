package token_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/token"
)

func TestRedact(t *testing.T) {
	p, _ := token.New(token.Push)
	i, _ := token.New(token.Ingest)
	a, _ := token.New(token.API)
	push, ingest, api := p.Reveal(), i.Reveal(), a.Reveal()
	for in, want := range map[string]string{
		"":                                   "",
		"nothing here":                       "nothing here",
		push:                                 "pt_[redacted]",
		"GET /api/push/" + push + "/fetch":   "GET /api/push/pt_[redacted]/fetch",
		"Bearer " + ingest + "\r\n":          "Bearer it_[redacted]\r\n",
		`{"token":"` + api + `"}`:            `{"token":"api_[redacted]"}`,
		push + push:                          "pt_[redacted]pt_[redacted]",
		push + " " + api + "," + ingest:      "pt_[redacted] api_[redacted],it_[redacted]",
		"xx" + push:                          "xxpt_[redacted]",
		push[:30] + "…":                      "pt_[redacted]…",
		push + "0":                           "pt_[redacted]",
		"script_name pt_short it_ api_ _ pt": "script_name pt_short it_ api_ _ pt",
		"http_get_pt_" + push[3:]:            "http_get_pt_[redacted]",
		"__pt__it_" + ingest:                 "__pt__it_it_[redacted]",
	} {
		if got := token.Redact(in); got != want {
			t.Errorf("Redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestRedactLetsNothingPassBehindItsCap(t *testing.T) {
	p, _ := token.New(token.Push)
	push := p.Reveal()
	for _, lead := range []int{0, 1, 64<<10 - 60, 64<<10 - 52, 64<<10 - 20, 64<<10 - 12, 64<<10 - 5, 64<<10 - 2, 64 << 10, 70 << 10} {
		got := token.Redact(strings.Repeat(".", lead) + push + strings.Repeat("é", 40<<10))
		if strings.Contains(got, push[3:8]) {
			t.Errorf("lead %d: the token shows", lead)
		}
		if !strings.HasSuffix(got, "…[cut]") || len(got) > 65<<10 || !utf8.ValidString(got) {
			t.Errorf("lead %d: %d bytes, valid %v, ends %q", lead, len(got), utf8.ValidString(got), got[len(got)-8:])
		}
	}
}

// Shapes that made scanners of this sort quadratic elsewhere.
func BenchmarkRedact(b *testing.B) {
	for name, s := range map[string]string{
		"plain":      strings.Repeat("level=info msg=served ", 3000)[:64<<10],
		"prefixes":   strings.Repeat("pt_", 64<<10/3),
		"underlines": strings.Repeat("_", 64<<10),
		"one run":    "pt_" + strings.Repeat("a", 64<<10-3),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				token.Redact(s)
			}
		})
	}
}

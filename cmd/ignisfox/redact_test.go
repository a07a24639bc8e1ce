package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/token"
)

func TestRedact(t *testing.T) {
	for in, want := range map[string]string{
		"":             "",
		"nothing here": "nothing here",
		"a -----BEGIN X-----\nMII\n-----END X----- b":                              "a [PEM redacted] b",
		"-----BEGIN A-----x-----END A-----,-----BEGIN B-----y-----END B-----":      "[PEM redacted],[PEM redacted]",
		`{"k":"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}`:   `{"k":"[PEM redacted]\n"}`,
		"cut -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF":            "cut [PEM redacted]",
		"cut -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE":                  "cut [PEM redacted]",
		"dial postgres://fox:hunter2@db/ignisfox: refused":                         "dial postgres://fox:[redacted]@db/ignisfox: refused",
		"postgres://fox:hun@ter2@db/x postgres://fox@db/y http://localhost:8080/z": "postgres://fox:[redacted]@db/x postgres://fox@db/y http://localhost:8080/z",
		"http://a:b@":                                          "http://a:[redacted]@",
		"postgres://u:pa/ss@h":                                 "postgres://u:[redacted]@h",
		"postgres://u:pa?s#s@h/db, next":                       "postgres://u:[redacted]@h/db, next",
		"postgres://u:12/ss@h":                                 "postgres://u:[redacted]@h",
		"http://h:8080/?next=smtp://u:pw@m":                    "http://h:8080/?next=smtp://u:[redacted]@m",
		"https://u:pa/ss@h http://h:8080/x@y http://[::1]/a@b": "https://u:[redacted]@h http://h:8080/x@y http://[:[redacted]@b",
		"postgres://h/d?user=u&password=pw&sslmode=disable":    "postgres://h/d?user=u&password=[redacted]&sslmode=disable",
		"host=h password=pw user=u":                            "host=h password=[redacted] user=u",
		"host=h password = 'p w\\'x' user=u":                   "host=h password = '[redacted]' user=u",
		`PASSWORD="p w\"x",a`:                                  `PASSWORD="[redacted]",a`,
		`{"dbPassword": "p w", "n":1}`:                         `{"dbPassword": "[redacted]", "n":1}`,
		`"{\"password\":\"p w\",\"n\":1}"`:                     `"{\"password\":\"[redacted]\",\"n\":1}"`,
		`{"secret":4711,"n":1}`:                                `{"secret":[redacted],"n":1}`,
		"apiKey=a accessToken=b private_key_pem=c passwords=d": "apiKey=[redacted] accessToken=[redacted] private_key_pem=[redacted] passwords=[redacted]",
		"password=":                          "password=",
		"password: must be longer; kind=key": "password: must be longer; kind=key",
		"password=[redacted] a==b =c x=":     "password=[redacted] a==b =c x=",
	} {
		if got := redact(in); got != want {
			t.Errorf("redact(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("x -----BEGIN PRIVATE KEY-----\nAAAA", "-----END PRIVATE KEY-----://u:p@h")
	f.Fuzz(func(t *testing.T, before, after string) {
		const canary = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
		if strings.Contains(before, pemBegin[:4]) || strings.Contains(before, "----") {
			return
		}
		in := before + "\n-----BEGIN PRIVATE KEY-----\n" + canary + "\n-----END PRIVATE KEY-----\n" + after
		if strings.Contains(after+before, canary[:8]) {
			return
		}
		if got := redact(in); strings.Contains(got, canary) {
			t.Errorf("the block shows in %q", got)
		}
	})
}

// What somebody may pass to the log by mistake, in every way slog takes a value.
func TestLogHidesSecrets(t *testing.T) {
	tok, _ := token.New(token.Push)
	raw := tok.Reveal()
	const pem = "-----BEGIN PRIVATE KEY-----\nMIIEcanary\n-----END PRIVATE KEY-----"
	var buf bytes.Buffer
	log := newLogger(&buf, slog.LevelDebug)
	log.Info("in the message "+raw, "text", raw, "error", errors.New("wrapped "+raw))
	log.With("text", raw).WithGroup("g").Info("m", slog.Group("in", "text", pem), "any", map[string]string{"x": raw})
	log.Info("m", "token", "canary-1", "api_key", "canary-2", "Set-Cookie", "canary-3", "Password", 4711,
		"apiKey", "canary-a", "accessToken", "canary-b", "passwords", []string{"canary-c"}, "private_key_pem", "canary-d",
		"APIKeys", "canary-e", "user.passwordHash", "canary-f", "dbpassword", "canary-g",
		"s", struct {
			APIKey string
			In     []map[string]any
		}{"canary-h", []map[string]any{{"clientSecret": "canary-i", "n": 1, raw: 2}}},
		"Authorization", []string{"canary-4"}, "secret", secret.NewString("canary-5"), "bytes", []byte("canary-6"))
	log.Info("m", "struct", struct{ A, B string }{raw, pem}, "url", "postgres://u:canary-7@h/d")
	log.Debug("m", "fn", func() {}, "lazy", lazy(raw))
	got := buf.String()
	for _, bad := range []string{raw[3:], "MIIEcanary", "TUlJRWNhbmFyeQ", "canary-", "4711", "Y2FuYXJ5LT"} {
		if strings.Contains(got, bad) {
			t.Errorf("%q shows in the log:\n%s", bad, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 5 {
		t.Errorf("%d lines, want 5", n)
	}
}

// What is no secret has to stay readable.
func TestLogKeepsTheRest(t *testing.T) {
	var buf bytes.Buffer
	newLogger(&buf, slog.LevelInfo).Info("served", "route", "/api/push/{token}/fetch", "status", 200, "key_type", "ecdsa",
		"names", []string{"a.example"}, "monkey", "chimp", "keyless", true, "token_id", "x", "big", map[string]any{"n": uint64(1<<63 + 1)}, slog.Group("g", "kek", "0a0b0c0d"))
	for _, want := range []string{`"route":"/api/push/{token}/fetch"`, `"status":200`, `"key_type":"ecdsa"`,
		`"names":["a.example"]`, `"monkey":"chimp"`, `"keyless":true`, `"token_id":"x"`, `"big":{"n":9223372036854775809}`, `"g":{"kek":"0a0b0c0d"}`} {
		if !strings.Contains(buf.String(), want) {
			t.Errorf("%s is missing in %s", want, buf.String())
		}
	}
	buf.Reset()
	newLogger(&buf, slog.LevelInfo).Debug("hidden")
	if buf.Len() != 0 {
		t.Errorf("a debug line at level info: %s", buf.String())
	}
}

type lazy string

func (l lazy) LogValue() slog.Value { return slog.StringValue(string(l)) }

// Shapes on which a careless scanner takes time by the square of the length.
func BenchmarkRedact(b *testing.B) {
	for name, s := range map[string]string{
		"begins":  strings.Repeat(pemBegin, 64<<10/len(pemBegin)),
		"ends":    strings.Repeat(pemBegin+"x"+pemEnd, 64<<10/22),
		"schemes": strings.Repeat("a://b", 64<<10/5),
		"ports":   strings.Repeat("http://a:1/", 64<<10/11) + "@",
		"pairs":   strings.Repeat("password=", 64<<10/9),
		"signs":   strings.Repeat("=", 64<<10),
		"blanks":  strings.Repeat("key=        ", 64<<10/12),
		"slashes": `password=` + strings.Repeat(`\`, 64<<10),
		"quotes":  strings.Repeat(`key="`, 64<<10/5),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(s)))
			for b.Loop() {
				redact(s)
			}
		})
	}
}

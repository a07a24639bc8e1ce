package token_test

import (
	"crypto/sha256"
	"regexp"
	"strings"
	"testing"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/token"
)

// knownSum is what an independent CRC-32 gives.
const knownSum = "1IZWyJ"

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

var kinds = map[token.Kind]string{token.Push: "pt_", token.Ingest: "it_", token.API: "api_", token.Setup: "setup_", token.Invite: "inv_"}

func TestANewTokenHasItsShapeAndParsesToItsHash(t *testing.T) {
	for kind, prefix := range kinds {
		tok, hash := token.New(kind)
		s := tok.Reveal()
		if !regexp.MustCompile(`^` + prefix + `[0-9A-Za-z]{49}$`).MatchString(s) {
			t.Errorf("%v: wrong shape, %d characters", kind, len(s))
		}
		if hash != sha256.Sum256([]byte(s)) {
			t.Errorf("%v: the hash is not the SHA-256 of the text", kind)
		}
		gotKind, gotHash, ok := token.Parse(s)
		if !ok || gotKind != kind || gotHash != hash {
			t.Errorf("%v: Parse = %v, %v", kind, gotKind, ok)
		}
		if kind.Prefix() != prefix {
			t.Errorf("%v: prefix %q", kind, kind.Prefix())
		}
	}
}

// The form must never change: tokens live in other people's scripts.
func TestAKnownTokenKeepsParsing(t *testing.T) {
	const known = "pt_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg" + knownSum
	if kind, _, ok := token.Parse(known); !ok || kind != token.Push {
		t.Fatalf("Parse = %v, %v", kind, ok)
	}
	if got := token.Display(secret.NewString(known)); got != "pt_…"+knownSum[2:] {
		t.Errorf("Display = %q", got)
	}
}

func TestEverySingleCharacterChangeIsCaught(t *testing.T) {
	for kind := range kinds {
		tok, _ := token.New(kind)
		s := []byte(tok.Reveal())
		for i, was := range s {
			for c := range 256 {
				if byte(c) == was {
					continue
				}
				s[i] = byte(c)
				if _, _, ok := token.Parse(string(s)); ok {
					t.Fatalf("%v: position %d changed to %#x still parses", kind, i, c)
				}
			}
			s[i] = was
		}
	}
}

func TestParseRefusesOtherShapes(t *testing.T) {
	tok, _ := token.New(token.Push)
	s := tok.Reveal()
	for name, bad := range map[string]string{
		"empty": "", "prefix only": "pt_", "short": s[:len(s)-1], "long": s + "0", "leading space": " " + s,
		"trailing newline": s + "\n", "no prefix": s[3:], "other prefix": "it_" + s[3:], "longer prefix": "api_" + s[3:],
		"capital prefix": "PT_" + s[3:], "huge": s + strings.Repeat("0", 1<<20),
	} {
		kind, hash, ok := token.Parse(bad)
		if ok || kind != token.None || hash != (token.Hash{}) {
			t.Errorf("%s: accepted as %v", name, kind)
		}
	}
}

func TestDisplayHidesWhatIsNoToken(t *testing.T) {
	for _, s := range []string{"", "pt_", "hunter2hunter2", "pt_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg000000"} {
		if got := token.Display(secret.NewString(s)); got != secret.Redacted {
			t.Errorf("Display(%q) = %q", s, got)
		}
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, want := range map[token.Kind]string{token.None: "none", token.Push: "push", token.Ingest: "ingest", token.API: "api", token.Setup: "setup", token.Invite: "invite"} {
		if kind.String() != want {
			t.Errorf("%d is called %q, want %q", kind, kind, want)
		}
	}
	if token.None.Prefix() != "" {
		t.Error("None has a prefix")
	}
	defer func() {
		if recover() == nil {
			t.Error("a token of no kind was made")
		}
	}()
	token.New(token.None)
}

// 86,000 characters over 62 letters: a biased choice (byte modulo 62 favours the first eight by a quarter) gives a
// chi-square near 800; an even one stays under 140 but for one run in ten million.
func TestTheRandomCharactersAreEven(t *testing.T) {
	var count [256]int
	const rounds = 2000
	for range rounds {
		tok, _ := token.New(token.Push)
		for _, c := range []byte(tok.Reveal()[3 : 3+43]) {
			count[c]++
		}
	}
	want := float64(rounds*43) / 62
	chi := 0.0
	for _, c := range []byte(alphabet) {
		d := float64(count[c]) - want
		chi += d * d / want
	}
	if chi > 140 {
		t.Errorf("chi-square of the letters is %.0f", chi)
	}
}

func TestParseDoesNotAllocate(t *testing.T) {
	tok, _ := token.New(token.API)
	s := tok.Reveal()
	if n := testing.AllocsPerRun(100, func() {
		if _, _, ok := token.Parse(s); !ok {
			t.Fatal("a good token was refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	for kind := range kinds {
		tok, _ := token.New(kind)
		f.Add(tok.Reveal())
	}
	f.Add("")
	f.Add("api_")
	f.Add("pt_" + strings.Repeat("z", 49))
	f.Add("it_" + strings.Repeat("\xff", 49))
	f.Fuzz(func(t *testing.T, s string) {
		kind, hash, ok := token.Parse(s)
		if !ok {
			if kind != token.None || hash != (token.Hash{}) {
				t.Error("a refusal answers something")
			}
			return
		}
		if hash != sha256.Sum256([]byte(s)) || len(s) != len(kind.Prefix())+49 || !strings.HasPrefix(s, kind.Prefix()) {
			t.Errorf("%q accepted as %v", s, kind)
		}
		if r := token.Redact(s); r != kind.Prefix()+secret.Redacted {
			t.Errorf("Redact left %q", r)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	tok, _ := token.New(token.Push)
	s := tok.Reveal()
	bad := s[:len(s)-1] + string(alphabet[(strings.IndexByte(alphabet, s[len(s)-1])+1)%62])
	b.Run("good", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			token.Parse(s)
		}
	})
	b.Run("bad checksum", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			token.Parse(bad)
		}
	})
}

package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"html"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// planted is one secret that was planted, in every form in which it could come out.
type planted struct {
	name  string
	forms []canaryForm
}

type canaryForm struct {
	name string
	text []byte
}

const (
	shortForm = 10 // a form shorter than this could be found by chance
	sliceLen  = 24 // so many bytes out of the middle of a secret count as the secret
)

// textCanary is a secret that is text: a password or a token.
func textCanary(name, secret string) planted {
	c := planted{name: name}
	c.add("raw", []byte(secret))
	c.add("JSON", jsonInner(secret, true))
	c.add("JSON without HTML escapes", jsonInner(secret, false))
	c.add("HTML", []byte(html.EscapeString(secret)))
	c.add("query", []byte(url.QueryEscape(secret)))
	c.add("path", []byte(url.PathEscape(secret)))
	c.add("Go syntax", []byte(strings.Trim(fmt.Sprintf("%q", secret), `"`)))
	c.add("UTF-16", utf16Of(secret))
	c.encoded("", []byte(secret))
	return c.sliced([]byte(secret))
}

// bytesCanary is a secret that is no text.
func bytesCanary(name string, secret []byte) planted {
	c := planted{name: name}
	c.add("raw", secret)
	c.encoded("", secret)
	return c.sliced(secret)
}

// cookieCanary is what a browser holds: base64url of bytes that are random.
func cookieCanary(name, text string) planted {
	c := textCanary(name, text)
	if raw, err := base64.RawURLEncoding.DecodeString(text); err == nil {
		c.add("bytes", raw)
		c.encoded("bytes ", raw)
	}
	return c
}

// appCanary is the key of an authenticator app, in base32.
func appCanary(name, key string) planted {
	c := textCanary(name, key)
	if raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(key); err == nil {
		c.add("bytes", raw)
		c.encoded("bytes ", raw)
	}
	var groups []string
	for part := range slices.Chunk([]byte(key), 4) {
		groups = append(groups, string(part))
	}
	c.add("in groups", []byte(strings.Join(groups, " ")))
	return c
}

// codeCanary is a recovery code, which is typed with its dash or without.
func codeCanary(name, code string) planted {
	c := textCanary(name, code)
	c.add("without a dash", []byte(strings.ReplaceAll(code, "-", "")))
	return c
}

// keyCanary is a private key: its file, its DER, and what of it is secret, in whatever file it were put.
func keyCanary(name string, file []byte, key any) planted {
	c := planted{name: name}
	c.add("file", file)
	if b, _ := pem.Decode(file); b != nil {
		c.add("DER", b.Bytes)
		c.encoded("DER ", b.Bytes)
	}
	switch k := key.(type) {
	case *rsa.PrivateKey:
		c.add("decimal", []byte(k.D.String()))
		c = c.sliced(k.D.Bytes()).sliced(k.Primes[0].Bytes())
	case *ecdsa.PrivateKey:
		d, err := k.Bytes()
		if err != nil {
			panic(err)
		}
		c = c.sliced(d)
	case ed25519.PrivateKey:
		c = c.sliced(k.Seed())
	}
	return c
}

// sliced adds the middle of a secret in every encoding.
func (c planted) sliced(secret []byte) planted {
	if len(secret) < sliceLen+8 {
		return c
	}
	from := (len(secret) - sliceLen) / 2
	middle := secret[from : from+sliceLen]
	c.add("slice", middle)
	c.encoded("slice ", middle)
	return c
}

// encoded adds base64 at each of the three places where the secret could begin in a group of three bytes, hex, and how Go prints
// bytes.
func (c *planted) encoded(prefix string, secret []byte) {
	for offset := range 3 {
		padded := append(make([]byte, offset), secret...)
		from, to := (8*offset+5)/6, 8*len(padded)/6 // characters that hang on the secret alone
		c.add(fmt.Sprintf("%sbase64 at %d", prefix, offset), []byte(base64.RawStdEncoding.EncodeToString(padded)[from:to]))
		c.add(fmt.Sprintf("%sbase64url at %d", prefix, offset), []byte(base64.RawURLEncoding.EncodeToString(padded)[from:to]))
	}
	c.add(prefix+"hex", []byte(hex.EncodeToString(secret)))
	c.add(prefix+"HEX", []byte(strings.ToUpper(hex.EncodeToString(secret))))
	c.add(prefix+"Go bytes", []byte(strings.Trim(fmt.Sprint(secret), "[]")))
	c.add(prefix+"Go hex bytes", []byte(strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", secret), "[]byte{"), "}")))
}

func (c *planted) add(name string, text []byte) {
	if len(text) < shortForm {
		panic(c.name + " as " + name + " is too short to be looked for")
	}
	for _, f := range c.forms {
		if bytes.Equal(f.text, text) {
			return
		}
	}
	c.forms = append(c.forms, canaryForm{name, text})
}

func jsonInner(s string, html bool) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	_ = e.Encode(s) // a string always encodes
	return bytes.Trim(bytes.TrimSpace(b.Bytes()), `"`)
}

func utf16Of(s string) (out []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.BigEndian.AppendUint16(out, u)
	}
	return out
}

// searcher looks for all forms of all canaries in one pass.
type searcher struct {
	byPrefix map[uint64][]found
	filter   [1 << 16]uint64 // one bit for each hash of the first eight bytes of a form
}

// found is a form of a canary.
type found struct {
	canary string
	form   canaryForm
}

func newSearcher(canaries []planted) *searcher {
	s := &searcher{byPrefix: map[uint64][]found{}}
	for _, c := range canaries {
		for _, f := range c.forms {
			p := binary.LittleEndian.Uint64(f.text)
			s.byPrefix[p] = append(s.byPrefix[p], found{c.name, f})
			h := mix(p)
			s.filter[h>>6] |= 1 << (h & 63)
		}
	}
	return s
}

func mix(p uint64) uint64 { return p * 0x9E3779B97F4A7C15 >> 42 } // 22 bits: the filter's size

// search answers each form once that text holds, also across line breaks and as part of an address.
func (s *searcher) search(text []byte) []found {
	out := s.scan(text)
	plain := unescaped(text)
	for _, other := range [][]byte{lineBreaks(text), escapedLineBreaks(text), plain, lineBreaks(plain)} {
		if len(other) != len(text) {
			out = append(out, s.scan(other)...)
		}
	}
	slices.SortFunc(out, func(a, b found) int { return strings.Compare(a.canary+a.form.name, b.canary+b.form.name) })
	return slices.CompactFunc(out, func(a, b found) bool { return a.canary == b.canary && a.form.name == b.form.name })
}

func lineBreaks(b []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\n"), nil)
}

func escapedLineBreaks(b []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(`\r`), nil), []byte(`\n`), nil)
}

// unescaped undoes what an address does to bytes, wherever it was done.
func unescaped(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		var one [1]byte
		if b[i] == '%' && i+2 < len(b) {
			if _, err := hex.Decode(one[:], b[i+1:i+3]); err == nil {
				out, i = append(out, one[0]), i+2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

func (s *searcher) scan(text []byte) (out []found) {
	if len(text) < 8 {
		return nil
	}
	p := binary.LittleEndian.Uint64(text) << 8
	for i := 0; i+8 <= len(text); i++ {
		p = p>>8 | uint64(text[i+7])<<56
		if i == 0 {
			p = binary.LittleEndian.Uint64(text)
		}
		h := mix(p)
		if s.filter[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		for _, f := range s.byPrefix[p] {
			if bytes.HasPrefix(text[i:], f.form.text) {
				out = append(out, f)
			}
		}
	}
	return out
}

// prove plants every form of every canary on purpose and wants each to be found: in the middle of other bytes, broken into lines,
// and as the base64 of something longer.
func prove(t *testing.T, canaries []planted) {
	t.Helper()
	s := newSearcher(canaries)
	noise := []byte("some text before it, ")
	forms := 0
	for _, c := range canaries {
		for _, f := range c.forms {
			forms++
			plants := map[string][]byte{
				"amid": slices.Concat(noise, f.text, noise), "first": slices.Concat(f.text, noise), "last": slices.Concat(noise, f.text),
				"in lines": slices.Concat(noise, broken(f.text, "\n"), noise), "in JSON lines": slices.Concat(noise, broken(f.text, `\n`), noise),
				"in lines of an address": slices.Concat(noise, broken(f.text, "%0A"), noise),
				"as an address":          slices.Concat(noise, []byte(url.PathEscape(string(f.text))), noise, []byte("%20")),
			}
			for where, text := range plants {
				if strings.HasPrefix(where, "in") && bytes.ContainsAny(f.text, "\r\n\\%") {
					continue // it has line breaks, or what looks like them, of its own
				}
				if !slices.ContainsFunc(s.search(text), func(got found) bool { return got.canary == c.name && bytes.Equal(got.form.text, f.text) }) {
					t.Fatalf("the search misses %s as %s %s", c.name, f.name, where)
				}
			}
		}
		secret := c.forms[0].text
		for offset := range 3 {
			longer := slices.Concat(noise[:offset+3], secret, noise)
			for _, text := range []string{base64.StdEncoding.EncodeToString(longer), base64.URLEncoding.EncodeToString(longer)} {
				if c.forms[0].name == "raw" && len(s.search([]byte(text))) == 0 {
					t.Fatalf("the search misses %s in base64 at %d", c.name, offset)
				}
			}
		}
	}
	if got := s.search(bytes.Repeat(noise, 1000)); len(got) != 0 {
		t.Fatalf("the search finds %s where nothing is", got[0].canary)
	}
	t.Logf("%d secrets in %d forms, each found where it was planted", len(canaries), forms)
}

// broken puts a line break after every 20 bytes.
func broken(b []byte, line string) (out []byte) {
	for chunk := range slices.Chunk(b, 20) {
		out = append(append(out, chunk...), line...)
	}
	return out
}

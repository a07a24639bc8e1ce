package plugin

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"html"
	"net/url"
	"strconv"
	"strings"
)

// minEncoded is the least length of an encoded form: shorter ones are found in too many innocent words.
const minEncoded = 4

// leastHeld is the least length of what Holds looks for: shorter ones are there by chance.
const leastHeld = 8

// Holds says whether data that is to be kept holds one of the secrets whole, as it is or encoded. It is for what cannot be redacted, as
// the state of a step. Line breaks count for nothing, those of JSON neither. Secrets of fewer than 8 bytes are not looked for.
func Holds(data []byte, secrets ...[]byte) bool {
	text := string(data)
	joined := strings.NewReplacer(`\r`, "", `\n`, "", "\r", "", "\n", "").Replace(text)
	for _, secret := range secrets {
		whole := strings.TrimSpace(string(secret))
		if len(whole) < leastHeld {
			continue
		}
		for _, form := range append(forms(whole), whole, string(derOf(whole))) {
			if len(form) >= leastHeld && (strings.Contains(text, form) || strings.Contains(joined, form)) {
				return true
			}
		}
	}
	return false
}

// derOf answers what PEM holds, nil for anything else.
func derOf(s string) []byte {
	if block, _ := pem.Decode([]byte(s)); block != nil {
		return block.Bytes
	}
	return nil
}

// forms answers how a secret may appear in text, without those that its other forms contain.
func forms(s string) []string {
	var all []string
	if strings.Contains(s, "-----BEGIN ") {
		body := pemBody(s)
		all = append(all, body)
		if der, err := base64.StdEncoding.DecodeString(body); err == nil {
			all = append(all, hexes(der)...)
		}
	} else {
		for line := range strings.SplitSeq(s, "\n") {
			all = append(all, strings.TrimSpace(line))
		}
		all = append(all, escaped(s)...)
	}
	if len(s) >= minEncoded {
		all = append(all, hexes([]byte(s))...)
		all = append(all, base64s([]byte(s))...)
	}
	kept := all[:0]
	for _, form := range all {
		if form != "" {
			kept = append(kept, form)
		}
	}
	return kept
}

// pemBody is the base64 of PEM as one line. The lines around it are those of every key.
func pemBody(s string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); !strings.Contains(line, "-----") && !strings.Contains(line, ":") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// escaped is a secret as programs write it into URLs, JSON, XML and command lines, where that differs.
func escaped(s string) []string {
	quoted := strconv.Quote(s)
	js, err := json.Marshal(s)
	if err != nil {
		js = []byte(`""`)
	}
	var all []string
	for _, form := range []string{url.QueryEscape(s), url.PathEscape(s), quoted[1 : len(quoted)-1], string(js[1 : len(js)-1]),
		html.EscapeString(s), strings.ReplaceAll(s, "'", `'\''`), strings.ReplaceAll(s, "'", "''")} {
		if form != s {
			all = append(all, form)
		}
	}
	return all
}

func hexes(b []byte) []string {
	low := hex.EncodeToString(b)
	return []string{low, strings.ToUpper(low)}
}

// base64s is what base64 makes of bytes that begin at each of the three places within a group of three: as in "user:password" of
// Basic authentication. Characters that depend on what is before or behind are left out.
func base64s(b []byte) []string {
	var all []string
	for _, code := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
		for before := range 3 {
			text := code.EncodeToString(append(make([]byte, before), b...))
			text = text[[]int{0, 2, 3}[before] : (before+len(b))*8/6]
			if len(text) >= minEncoded {
				all = append(all, text)
			}
		}
	}
	return all
}

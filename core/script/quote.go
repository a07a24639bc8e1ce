package script

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"
)

// bashQuote answers s as one bash word that is the bytes of s and nothing else: single quotes, inside which no shell
// character has a meaning; a single quote itself is written '\”. A NUL cannot be written in any shell; Render refuses
// it before.
func bashQuote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// psQuotes are the characters that PowerShell takes for a single quote, the typographic ones included.
const psQuotes = "'\u2018\u2019\u201a\u201b"

// psQuote answers s as one PowerShell string literal: single quotes, inside which only a quote has a meaning and is
// written twice.
func psQuote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if strings.ContainsRune(psQuotes, r) && r != utf8.RuneError {
			b.WriteString(s[i : i+size])
		}
		b.WriteString(s[i : i+size])
		i += size
	}
	b.WriteByte('\'')
	return b.String()
}

// psValue answers s as a PowerShell expression in ASCII. Windows PowerShell 5.1 reads a script without a byte-order mark
// in the ANSI code page, where the UTF-8 bytes of harmless letters turn into typographic quotes; so what is not ASCII
// travels as base64.
func psValue(s string) string {
	if isASCII(s) {
		return psQuote(s)
	}
	return "[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String(" +
		psQuote(base64.StdEncoding.EncodeToString([]byte(s))) + "))"
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// asciiOnly writes every other character as \u{HEX}: for comments in PowerShell scripts.
func asciiOnly(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u{%04X}`, r)
		}
	}
	return b.String()
}

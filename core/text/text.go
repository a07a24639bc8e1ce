// Package text makes foreign names safe to show.
//
// Names come from certificates, file names and people. Whatever leaves the program, by JSON, CSV, a log line, an HTTP
// header or a script, goes through Visible when it comes in, so that no exit has to remember to escape it.
package text

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible answers s with everything that could hide or reorder text made visible: control characters, bidi and other
// format characters, line and paragraph separators, unassigned and private characters and broken UTF-8 become \u{HEX}
// (\x{HEX} for a stray byte). A name without any comes back unchanged. At most max runes are kept, with "…" behind.
func Visible(s string, max int) string {
	var b strings.Builder
	n := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if n == max {
			b.WriteString("…")
			break
		}
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x{%02X}`, s[i])
		case Plain(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%04X}`, r)
		}
		i += size
		n++
	}
	return b.String()
}

// Plain says whether r shows as itself: a graphic character or an ordinary space.
func Plain(r rune) bool {
	if r == ' ' {
		return true
	}
	// Tag and variation characters are graphic by category (Mn) yet invisible.
	if unicode.In(r, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
		return false
	}
	return unicode.IsGraphic(r) && !unicode.Is(unicode.Z, r)
}

// AllPlain says whether every rune of s is Plain and the UTF-8 is whole: what we ask of names that people type.
func AllPlain(s string) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				return false
			}
		}
		if !Plain(r) {
			return false
		}
	}
	return true
}

package artifact

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	termBytes = 48   // a search longer than this compares its first bytes
	termsMax  = 4000 // per artifact; 1,000 names of a certificate give about as many
)

// Terms answers what an artifact is found by: the rest of name, subject, each SAN, issuer and file name from the
// beginning of every word or label on, in lower case, without duplicates. A search word matches when it begins a term:
// "exa", "example.com" and "www.ex" all find www.example.com.
func Terms(a *Artifact) []string {
	seen := map[string]struct{}{}
	var out []string
	add := func(s string) {
		start := true
		for i, r := range s {
			word := unicode.IsLetter(r) || unicode.IsDigit(r) || r == '*'
			if (start || r == '*') && word {
				t := Fold(s[i:])
				if _, ok := seen[t]; !ok {
					if len(out) == termsMax {
						return
					}
					seen[t] = struct{}{}
					out = append(out, t)
				}
			}
			start = !word
		}
	}
	add(a.Name)
	add(a.Subject)
	add(a.Filename)
	add(a.Issuer)
	for _, s := range a.SANs {
		add(s)
	}
	slices.Sort(out)
	return out
}

// Words splits what somebody typed into search words, at most 8 of them, folded as Terms folds.
func Words(search string) []string {
	fields := strings.Fields(search)
	if len(fields) > 8 {
		fields = fields[:8]
	}
	out := make([]string, 0, len(fields))
	for _, f := range fields {
		f = strings.TrimLeftFunc(f, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '*' })
		if f != "" {
			out = append(out, Fold(f))
		}
	}
	return out
}

// Fold lowers s and cuts it to the length that terms are kept at, at a rune's edge.
func Fold(s string) string {
	if len(s) > 4*termBytes {
		s = s[:4*termBytes]
	}
	s = strings.ToLower(strings.ToValidUTF8(s, ""))
	if len(s) > termBytes {
		s = s[:termBytes]
		for s != "" && !utf8.ValidString(s) {
			s = s[:len(s)-1]
		}
	}
	return s
}

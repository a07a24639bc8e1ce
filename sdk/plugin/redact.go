package plugin

import (
	"sort"
	"strings"
	"sync"
	"unicode"
)

// What takes the place of a secret.
const (
	redacted    = "[redacted]"
	redactedKey = "[private key redacted]"
)

const (
	maxShort  = 24       // forms up to this length are looked for whole
	gram      = 12       // of longer ones every run of 2*gram-1 bytes is found, wherever it begins
	maxInput  = 64 << 10 // bytes of one line that are looked at
	maxKeyRun = 400      // lines that one private key may have; all of them may be gone when its end is missing
)

// Redactor takes secrets out of text: as they are, in base64, hex, URL, JSON and shell form, whole or (when long) in pieces; and
// private keys in PEM, whoever they belong to. Its work grows linearly with the text, whatever the secrets and the text are.
type Redactor struct {
	secrets []string
	once    sync.Once
	lengths []int // of short, longest first
	short   map[string]struct{}
	grams   map[string]place
}

// place is where a piece of a long form is found.
type place struct {
	form string
	at   int
}

// NewRedactor makes a redactor of a call's secrets; it keeps its own copies. Empty ones are left out.
func NewRedactor(secrets ...[]byte) *Redactor {
	r := &Redactor{}
	for _, s := range secrets {
		if trimmed := strings.TrimSpace(string(s)); trimmed != "" {
			r.secrets = append(r.secrets, trimmed)
		}
	}
	return r
}

// Line makes one line of text that may be shown: without secrets and control characters, MaxLine bytes at most.
func (r *Redactor) Line(text string) string {
	line, _ := r.line(text, 0)
	return line
}

// Lines does so with each of several, 500 at most.
func (r *Redactor) Lines(texts []string) []string {
	texts = texts[:min(len(texts), 500)]
	out := make([]string, len(texts))
	inKey := 0
	for i, text := range texts {
		out[i], inKey = r.line(text, inKey)
	}
	return out
}

// line also takes how many more lines of a private key may come, and answers the same for the next line.
func (r *Redactor) line(text string, inKey int) (string, int) {
	if r == nil {
		r = &Redactor{}
	}
	if len(text) > maxInput {
		text = text[:maxInput-maxShort] // a secret that the cut went through is not found whole
	}
	text, inKey = withoutKeys(text, inKey)
	text = r.replace(text)
	if clean := visible(text); clean != text {
		text = r.replace(clean) // as a device that answers in UTF-16 wrote it
	}
	if text = strings.TrimRight(text, " "); len(text) > MaxLine {
		text = cutTo(text, MaxLine-len("…")) + "…"
	}
	return text, inKey
}

// withoutKeys takes out PEM blocks of private keys, also those that begin or end on another line.
func withoutKeys(text string, inKey int) (string, int) {
	var b strings.Builder
	for {
		if inKey > 0 {
			_, after, ended := strings.Cut(text, "-----END ")
			if !ended {
				return b.String(), inKey - 1
			}
			_, text, _ = strings.Cut(after, "-----")
			inKey = 0
		}
		before, after, begins := strings.Cut(text, "-----BEGIN ")
		if !begins {
			b.WriteString(text)
			return b.String(), 0
		}
		b.WriteString(before)
		label, rest, _ := strings.Cut(after, "-----")
		if strings.Contains(label, "PRIVATE KEY") {
			b.WriteString(redactedKey)
			text, inKey = rest, maxKeyRun
			continue
		}
		b.WriteString("-----BEGIN ")
		text = after
	}
}

// visible drops what a terminal would obey; white space becomes a space.
func visible(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\t' || c == '\n' || c == '\r':
			return ' '
		case unicode.IsControl(c), unicode.Is(unicode.Cf, c):
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// replace puts [redacted] where a form of a secret is.
func (r *Redactor) replace(text string) string {
	if r.once.Do(r.build); len(r.short) == 0 && len(r.grams) == 0 {
		return text
	}
	var b strings.Builder
	written, start, end := 0, -1, 0 // the open span is text[start:end]
	for i := range len(text) {
		from, to := r.match(text, i, end)
		if to <= end {
			continue
		}
		if start < 0 || from > end {
			if start >= 0 {
				b.WriteString(text[written:start] + redacted)
				written = end
			}
			start = from
		}
		end = to
	}
	if start < 0 {
		return text
	}
	b.WriteString(text[written:start] + redacted + text[end:])
	return b.String()
}

// match answers the span that a form found at i covers; what is before marked is covered already.
func (r *Redactor) match(text string, i, marked int) (from, to int) {
	from = i
	for _, n := range r.lengths {
		if i+n > len(text) {
			continue
		}
		if _, ok := r.short[text[i:i+n]]; ok && (n > 3 || alone(text, i, i+n)) {
			to = i + n
			break
		}
	}
	if i+gram > len(text) {
		return from, to
	}
	p, ok := r.grams[text[i:i+gram]]
	if !ok {
		return from, to
	}
	// The piece grows to both sides, over what is not covered yet: each byte is looked at once.
	end := max(i+gram, marked)
	for end < len(text) && p.at+end-i < len(p.form) && text[end] == p.form[p.at+end-i] {
		end++
	}
	for at := p.at; from > marked && at > 0 && text[from-1] == p.form[at-1]; {
		from, at = from-1, at-1
	}
	return from, max(to, end)
}

// alone says whether nothing of a word stands beside text[from:to]; a secret of three letters is not looked for inside of words.
func alone(text string, from, to int) bool {
	word := func(c byte) bool {
		return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
	}
	return (from == 0 || !word(text[from-1])) && (to == len(text) || !word(text[to]))
}

// build makes the tables of all forms.
func (r *Redactor) build() {
	size, all := 0, make([][]string, len(r.secrets))
	for i, s := range r.secrets {
		all[i] = forms(s)
		for _, form := range all[i] {
			size += len(form) / gram
		}
	}
	r.short, r.grams = map[string]struct{}{}, make(map[string]place, size)
	lengths := map[int]bool{}
	for _, forms := range all {
		for _, form := range forms {
			if len(form) <= maxShort {
				r.short[form], lengths[len(form)] = struct{}{}, true
				continue
			}
			for at := 0; at+gram <= len(form); at += gram {
				if _, known := r.grams[form[at:at+gram]]; !known {
					r.grams[form[at:at+gram]] = place{form, at}
				}
			}
		}
	}
	for n := range lengths {
		r.lengths = append(r.lengths, n)
	}
	sort.Sort(sort.Reverse(sort.IntSlice(r.lengths)))
	r.secrets = nil
}

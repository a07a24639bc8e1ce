package people

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	shortestWord = 3 // shorter ones are in any password
	restMost     = 4 // how much beside their own words makes no password
)

// NewPassword is Passwords.Hash for a password that somebody chooses: it is not made of what everybody knows about them. Faults of
// CheckPassword, and bad_password (Invalid, field password).
func NewPassword(ctx context.Context, p ports.Passwords, password secret.String, about ...string) (phc string, err error) {
	if err := CheckPassword(password, about...); err != nil {
		return "", err
	}
	return p.Hash(ctx, password)
}

// CheckPassword refuses (Invalid, personal_password, field password) a password that is little but what everybody knows of
// the person: about holds their e-mail address, their name, the name of their workspace. Common passwords are refused where
// it is hashed.
func CheckPassword(password secret.String, about ...string) error {
	rest := strings.ToLower(password.Reveal())
	for _, word := range wordsOf(about) {
		rest = strings.ReplaceAll(rest, word, "")
	}
	if rest == strings.ToLower(password.Reveal()) || utf8.RuneCountInString(rest) > restMost {
		return nil
	}
	return fault.New(fault.Invalid, "personal_password", "The password is easy to guess for whoever knows you.").
		Field("password", "Use one that is not made of your name or address.")
}

// wordsOf answers what is to be looked for, longest first: each text whole, its words, and these joined.
func wordsOf(about []string) []string {
	var out []string
	for _, text := range about {
		text = strings.ToLower(strings.TrimSpace(text))
		words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		out = append(append(out, text, strings.Join(words, "")), words...)
	}
	out = slices.DeleteFunc(out, func(w string) bool { return utf8.RuneCountInString(w) < shortestWord })
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return slices.Compact(out)
}

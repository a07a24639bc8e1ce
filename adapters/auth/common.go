package auth

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ignisfox/ignisfox/core/fault"
)

// commonText holds words that passwords are made of most often, in lower case, without digits, between white space.
//
//go:embed common.txt
var commonText string

var commonWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for _, w := range strings.Fields(commonText) {
		words[w] = true
	}
	return words
})

// walks are paths over keyboards; parts of them are passwords too, also backwards.
var walks = withReverses(
	"qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "asdfghjklqwertyuiop",
	"1q2w3e4r5t6y7u8i9o0p", "q1w2e3r4t5y6u7i8o9p0", "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qaz1wsx2edc3rfv4", "qazwsxedcrfvtgbyhnujm",
	"zaqxswcdevfrbgtnhymju", "zaq12wsxcde34rfv", "zaq1xsw2cde3vfr4", "1a2s3d4f5g6h7j8k9l", "a1s2d3f4g5h6j7k8", "1z2x3c4v5b6n7m",
	"a1b2c3d4e5f6g7h8i9j0", "1a2b3c4d5e6f7g8h9i0j", "aabbccddeeffgghh", "qqwweerrttyyuuiiopp", "aassddffgghhjjkkll", "!qaz@wsx#edc$rfv",
	"qweasdzxcrtyfghvbn", "123qweasdzxc", "qwe123asd456zxc789", "!@#$%^&*()_+", "1!2@3#4$5%6^7&8*9(0)", "147258369", "159753", "asd123qwe", "12qwaszx",
	"abcdefghijklmnopqrstuvwxyz", "qwerasdfzxcv", "rewqfdsavcxz", "poiulkjhmnb",
)

var errCommon = fault.New(fault.Invalid, "common_password", "The password is one of those that are tried first.").
	Field("password", "Use another, such as four words that have nothing to do with each other.")

const (
	fewLetters   = 3  // so many add nothing to digits
	fewDigits    = 12 // so many can all be tried
	shortestPath = 4
	muchAround   = 8 // so much around a word is no longer tried first
)

// common says whether a password of the right length is among those that whoever guesses tries first: what is on the list,
// also with digits and signs around it or in the place of letters, and what a rule makes.
func common(password string) bool {
	s := strings.ToLower(password)
	if unit := repeated(s); unit != "" && (utf8.RuneCountInString(unit) <= 4 || common(unit)) {
		return true
	}
	core := strings.TrimFunc(s, notLetter)
	around := strings.Replace(s, core, "", 1)
	if len(core) <= fewLetters && len(s) < fewDigits && strings.Trim(around, "0123456789") == "" {
		return true
	}
	return inOrder(s) || walked(s) || walked(strings.TrimRightFunc(s, notLetter)) || walked(core) || listed(s, core)
}

// listed compares with the list: as it is, without spaces and signs, and with letters for what stands in their place.
func listed(s, core string) bool {
	for _, text := range []string{s, strings.TrimRightFunc(s, notLetter), strings.TrimRightFunc(s, notLetterLike), core} {
		for _, r := range lookalikes {
			word := strings.Map(onlyLetters, r.Replace(text))
			if utf8.RuneCountInString(s)-utf8.RuneCountInString(word) > muchAround {
				continue
			}
			if commonWords()[word] || commonWords()[repeated(word)] {
				return true
			}
		}
	}
	return false
}

// lookalikes put letters for what stands in their place; a 1 may be two.
var lookalikes = []*strings.Replacer{
	strings.NewReplacer(),
	strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "9", "g", "@", "a", "$", "s", "!", "i"),
	strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "9", "g", "@", "a", "$", "s", "!", "l"),
}

func onlyLetters(r rune) rune {
	if notLetter(r) {
		return -1
	}
	return r
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// notLetterLike is notLetter without the signs that end words in the place of a letter.
func notLetterLike(r rune) bool { return notLetter(r) && !strings.ContainsRune("013457@$", r) }

// repeated answers the shortest text that s is made of, more than once; empty when there is none.
func repeated(s string) string {
	for n := 1; n <= len(s)/2; n++ {
		if len(s)%n == 0 && strings.Count(s, s[:n]) == len(s)/n {
			return s[:n]
		}
	}
	return ""
}

// inOrder says whether each character follows the one before in the alphabet or in counting, up or down.
func inOrder(s string) bool {
	step := 0
	for i := 1; i < len(s); i++ {
		by := int(s[i]) - int(s[i-1])
		if s[i-1] == '9' && s[i] == '0' {
			by = 1
		}
		if s[i-1] == '0' && s[i] == '9' {
			by = -1
		}
		if i == 1 {
			step = by
		}
		if by != step || by != 1 && by != -1 {
			return false
		}
	}
	return true
}

func walked(s string) bool {
	if len(s) < shortestPath {
		return false
	}
	for _, w := range walks {
		if strings.Contains(w, s) {
			return true
		}
	}
	return false
}

func withReverses(paths ...string) []string {
	out := paths
	for _, p := range paths {
		b := []byte(p)
		for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
		out = append(out, string(b))
	}
	return out
}

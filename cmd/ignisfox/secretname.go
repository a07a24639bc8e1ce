package main

import (
	"slices"
	"strings"
	"unicode"
)

var (
	// secretWords make a name secret that ends with one of them.
	secretWords = []string{
		"token", "password", "passphrase", "passwd", "pwd", "secret", "key", "authorization", "cookie", "credential", "dek",
	}
	// secretEnds do so also where no sign divides them from what is before: userpassword, apikey.
	secretEnds = []string{
		"token", "password", "passphrase", "passwd", "secret", "credential", "cookie",
		"apikey", "privatekey", "accesskey", "secretkey", "signingkey",
	}
	// formWords at the end of a name only say how a value is written.
	formWords = []string{"pem", "der", "b64", "base64", "hex", "hash", "raw", "text", "string", "bytes", "value", "plain", "file"}
)

// secretName says whether something of that name is masked whatever it holds: its last word is one of the secret ones.
// api_key, apiKey, API-KEYS, private_key_pem are names of one sort.
func secretName(name string) bool {
	words := nameWords(name)
	for len(words) > 1 && slices.Contains(formWords, words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	if len(words) == 0 {
		return false
	}
	last := words[len(words)-1]
	for _, w := range []string{last, strings.TrimSuffix(last, "s")} {
		if slices.Contains(secretWords, w) || slices.ContainsFunc(secretEnds, func(end string) bool { return strings.HasSuffix(w, end) }) {
			return true
		}
	}
	return false
}

// nameWords answers the words of a name in lower case. They are divided by signs, and by capitals: privateKeyPEM, APIKey.
func nameWords(name string) (words []string) {
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		runes, from := []rune(part), 0
		for i := 1; i < len(runes); i++ {
			begins := unicode.IsUpper(runes[i]) && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
			if begins {
				words = append(words, strings.ToLower(string(runes[from:i])))
				from = i
			}
		}
		words = append(words, strings.ToLower(string(runes[from:])))
	}
	return words
}

package view

import "strings"

// Warning is something about a row that somebody should know.
type Warning struct {
	Short string // "weak key"
	Text  string // what it means and what to do
}

var warnings = map[string]Warning{
	"weak_key_rsa_small":        {"weak key", "The RSA key is shorter than 2048 bits. Have the certificate issued anew with a longer one."},
	"weak_key_rsa_exponent":     {"weak key", "The RSA key has an exponent that is not safe. Make a new key and have the certificate issued anew."},
	"weak_key_rsa_factors":      {"weak key", "The RSA key can be factored: anybody can work out the private key. Replace it now."},
	"weak_key_rsa_close_primes": {"weak key", "The RSA key can be factored: anybody can work out the private key. Replace it now."},
	"weak_key_roca":             {"weak key", "The RSA key was made by hardware with a known flaw (ROCA) and can be factored. Replace it."},
	"sha1_signature":            {"SHA-1", "It is signed with SHA-1, which clients no longer accept. Have it issued anew."},
	"md5_signature":             {"MD5", "It is signed with MD5, which clients no longer accept. Have it issued anew."},
	"no_san":                    {"no names", "It has no alternative names, which clients look for instead of the common name. Have it issued anew with its names."},
	"parts_left_out":            {"in parts", "Something in the file could not be read. The file is kept whole, beside what was read of it."},
}

// WarningOf answers the words for a warning's code. One that has no words is shown as its code.
func WarningOf(code string) Warning {
	if w, ok := warnings[code]; ok {
		return w
	}
	if strings.HasPrefix(code, "weak_key_") {
		return Warning{"weak key", "The key is known to be weak. Make a new key and have the certificate issued anew."}
	}
	return Warning{strings.ReplaceAll(code, "_", " "), strings.ReplaceAll(code, "_", " ")}
}

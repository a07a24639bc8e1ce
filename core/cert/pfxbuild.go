package cert

import (
	"crypto/x509"
	"unicode/utf8"

	pkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// Preset is how a PFX is encrypted.
type Preset string

// The presets.
const (
	PresetModern Preset = "modern" // AES-256 and SHA-256
	PresetLegacy Preset = "legacy" // 3DES and SHA-1: Windows Server 2016 and older, Cisco
)

// ParsePreset reads the name of a preset. Refusal: bad_preset.
func ParsePreset(s string) (Preset, error) {
	switch p := Preset(s); p {
	case PresetModern, PresetLegacy:
		return p, nil
	}
	return "", refuse("bad_preset", "The preset is not known.").Field("preset", "Give modern or legacy.")
}

// BuildPFX makes a PKCS#12 file of leaf, its key and chain. Two calls never answer the same bytes. Refusals:
// bad_pfx_password, key_mismatch, bad_preset.
func BuildPFX(leaf *Certificate, key *Key, chain []*Certificate, password secret.String, preset Preset) (secret.Bytes, error) {
	if _, err := ParsePreset(string(preset)); err != nil {
		return secret.Bytes{}, err
	}
	if err := checkPFXPassword(password.Reveal()); err != nil {
		return secret.Bytes{}, err
	}
	if !Pairs(leaf, key) {
		return secret.Bytes{}, refuse("key_mismatch", "The key does not belong to the certificate.")
	}
	private, err := key.signer()
	if err != nil {
		return secret.Bytes{}, err
	}
	encoder := pkcs12.Modern2023
	if preset == PresetLegacy {
		encoder = pkcs12.LegacyDES.WithIterations(2048) // as openssl -legacy does; the library's MAC would have one round
	}
	issuers := make([]*x509.Certificate, 0, len(chain))
	for _, c := range chain {
		issuers = append(issuers, c.X509)
	}
	der, err := encoder.Encode(private, leaf.X509, issuers, password.Reveal())
	if err != nil {
		return secret.Bytes{}, fault.Wrap(err, fault.Invalid, "pfx_not_built", "The PFX cannot be made of this certificate and key.")
	}
	return secret.NewBytes(der), nil
}

// checkPFXPassword keeps to what every reader of PKCS#12 takes: 1 to 256 characters of UCS-2.
func checkPFXPassword(password string) error {
	advice := ""
	switch n := utf8.RuneCountInString(password); {
	case n == 0:
		advice = "Give a password."
	case n > maxPFXPassword:
		advice = "At most 256 characters."
	case !utf8.ValidString(password):
		advice = "It is not valid text."
	}
	for _, r := range password {
		if r > 0xffff || r == 0 {
			advice = "PFX files cannot hold some of its characters, such as emoji. Use letters, digits and signs."
		}
	}
	if advice == "" {
		return nil
	}
	return refuse("bad_pfx_password", "The password cannot be used for a PFX file.").Field("password", advice)
}

package cert

import (
	"bytes"
	"slices"
	"strings"
)

// Names of parts that are left out in more than one place.
const (
	partCertificate = "a certificate that is damaged or not supported"
	partCutCert     = "a certificate that is cut off or damaged"
	partKey         = "a private key that is damaged or not supported"
	partCutKey      = "a private key that is cut off or damaged"
	partCutBlock    = "a PEM block that is cut off or damaged"
	partRequest     = "a certificate request"
	partCRL         = "a revocation list"
	partPublicKey   = "a public key"
	partSSHKey      = "an SSH key"
)

// leaveOut notes a part that is not read: part names it when something else is, and is "" when nobody misses it; reason is
// for the case that there is nothing else.
func (r *reader) leaveOut(part, reason string) {
	if r.reason == "" {
		r.reason = reason
	}
	if part != "" && !slices.Contains(r.parts, part) { // our own words, so they are few
		r.parts = append(r.parts, part)
	}
}

// leaveOutKey is leaveOut for what may hold a private key.
func (r *reader) leaveOutKey(part, reason string) {
	r.leaveOut(part, reason)
	r.file.LeftOutKey = true
}

const wordsOfKey = "PRIVATE KEY" // in the label of every kind of them

// leaveOutBlock is for a PEM block that cannot be opened; its label is all there is to tell what it was.
func (r *reader) leaveOutBlock(b block, reason string) {
	switch {
	case strings.Contains(b.label, wordsOfKey):
		r.leaveOutKey(partCutKey, reason)
	case strings.Contains(b.label, "CERTIFICATE"):
		r.leaveOut(partCutCert, reason)
	default:
		r.leaveOut(partCutBlock, reason)
	}
}

// A skipped block is not opened. part is "" for what nobody misses.
type skipped struct{ part, reason string }

// skippedBlocks are the PEM blocks that are left out by their label; others are read by their content.
var skippedBlocks = map[string]skipped{
	"CERTIFICATE REQUEST":     {partRequest, "It is a certificate signing request, not a certificate."},
	"NEW CERTIFICATE REQUEST": {partRequest, "It is a certificate signing request, not a certificate."},
	"X509 CRL":                {partCRL, "It is a revocation list, not a certificate."},
	"PUBLIC KEY":              {partPublicKey, "It is a public key without a certificate."},
	"RSA PUBLIC KEY":          {partPublicKey, "It is a public key without a certificate."},
	"DH PARAMETERS":           {"", "They are Diffie-Hellman parameters, no certificate and no key."},
	"DSA PARAMETERS":          {"", "They are parameters, no certificate and no key."},
	"EC PARAMETERS":           {"", "They are parameters, no certificate and no key."},
	"OPENSSH PRIVATE KEY":     {partSSHKey, "It is an SSH key, not a TLS key."},
}

// between looks at what is around the PEM blocks. Text is let pass; a key whose first or last line is misspelt, and what
// is no text at all, are not.
func (r *reader) between(text []byte) {
	const reason = "A PEM block is cut off or damaged."
	if bytes.Contains(text, []byte(wordsOfKey+"-")) {
		r.leaveOutKey(partCutKey, reason)
	}
	trimmed := bytes.Trim(text, "\x00\x1a") // padding, and the end of file of DOS
	if bytes.ContainsFunc(trimmed, func(c rune) bool { return c < ' ' && !strings.ContainsRune("\t\n\v\f\r", c) }) {
		const part = "data that is neither PEM nor text"
		if keyInside(text) {
			r.leaveOutKey(part, reason)
		} else {
			r.leaveOut(part, reason)
		}
	}
}

// keyInside looks for DER that is like a private key or a PFX, wherever it begins.
func keyInside(data []byte) bool {
	for {
		at := bytes.IndexByte(data, 0x30)
		if at < 0 {
			return false
		}
		data = data[at:]
		switch shapeOf(data) {
		case shapePKCS1, shapeSEC1, shapePKCS8, shapeEncrypted8, shapePFX:
			return true
		}
		data = data[1:]
	}
}

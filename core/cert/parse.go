// Package cert reads certificates and keys and says how they belong together. It does no I/O.
//
//	file, err := cert.ParseGuarded(2*time.Second, data, password, ended) // what is in this upload?
//	defer file.Wipe()
//	leaves := cert.Leaves(file.Certificates, file.Keys)                   // which of them are for servers?
//	cert.Pairs(leaves[0], key)                                            // is this its key?
//	chain, missing := cert.Chain(leaves[0], pool, roots, now)             // what goes between it and a root?
//	pfx, err := cert.BuildPFX(leaves[0], key, chain, password, cert.PresetModern)
//
// Files are hostile: what they are is told by their content alone; sizes, counts, depth and the work of key derivation
// are bounded before that work is done; the answer is a File (of kind unknown when nothing in it can be used, with the
// reason) or a *fault.Fault with a stable code. Every string that comes from a file is visible text (core/text).
//
// PKCS#12 is read here rather than by go-pkcs12, which has no bound on iterations, neither on those that come to light
// only after the first decryption, and takes a narrower range of files; go-pkcs12 writes what we build.
package cert

import (
	"bytes"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
)

// Kind is what a file is.
type Kind string

// The kinds.
const (
	KindCert    Kind = "cert"    // exactly one certificate
	KindKey     Kind = "key"     // exactly one private key
	KindBundle  Kind = "bundle"  // more than that, as PEM, DER or PKCS#7
	KindPFX     Kind = "pfx"     // PKCS#12
	KindUnknown Kind = "unknown" // nothing that can be used
)

// Format is how a file is written.
type Format string

// The formats; FormatUnknown when none was recognised.
const (
	FormatPEM     Format = "pem"
	FormatDER     Format = "der"
	FormatPKCS7   Format = "pkcs7" // in DER; as PEM it is pem
	FormatPKCS12  Format = "pkcs12"
	FormatUnknown Format = ""
)

// File is what a file held.
type File struct {
	Kind         Kind
	Format       Format
	Certificates []*Certificate // in the order of the file, each once
	Keys         []*Key         // in the order of the file, each public key once
	Reason       string         // for KindUnknown: why, in plain words

	// LeftOut names the parts that could not be read beside those that were, in plain words, with commas between: "a
	// private key that is cut off or damaged, a certificate request". It is empty when all was read, or all but what
	// nobody misses (text, parameters), and for KindUnknown. LeftOutKey says that one of them looks like a private key,
	// or may hold one; of KindUnknown it says nothing, which may always hold one.
	LeftOut    string
	LeftOutKey bool
}

// Wipe overwrites the keys.
func (f *File) Wipe() {
	for _, k := range f.Keys {
		k.Wipe()
	}
}

// Parse says by its content what data is, and reads it; password opens what is encrypted in it. data is only read.
// Refusals are of kind Invalid or TooLarge.
func Parse(data []byte, password secret.String) (*File, error) {
	return parse(data, work{password: password, iterations: maxIterations})
}

func parse(data []byte, w work) (*File, error) {
	if len(data) > maxFile {
		return nil, fault.New(fault.TooLarge, "file_too_large", "The file is larger than 256 KB.")
	}
	if len(w.password.Reveal()) > maxPassword {
		return nil, refuse("password_too_long", "The password is longer than 1,024 bytes.").
			Field("password", "At most 1,024 bytes.")
	}
	if len(bytes.Trim(data, " \t\r\n\x00")) == 0 {
		return nil, refuse("empty_file", "The file is empty.")
	}
	r := &reader{work: w, seen: map[string]bool{}}
	return r.open(data)
}

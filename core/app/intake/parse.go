package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/text"
)

const nameRunes = 200

// PartsLeftOut is the code of a file of which something could not be read: the whole file is kept beside what was.
const PartsLeftOut = "parts_left_out"

// parsedFile is a file with what was found in it, before anything is stored.
type parsedFile struct {
	in      File
	label   string // file name, safe to show
	name    string // friendly name of its rows
	file    *cert.File
	refusal *fault.Fault
}

func (p *parsedFile) wipe() {
	if p != nil && p.file != nil {
		p.file.Wipe()
	}
}

func (p *parsedFile) refused() FileResult {
	return FileResult{File: p.label, Status: Refused, Code: p.refusal.Code, Message: p.refusal.Message}
}

// parse looks at one file in its turn. Its error is only that the caller went away.
func (s *Service) parse(ctx context.Context, f File) (*parsedFile, error) {
	p := &parsedFile{in: f, label: fileLabel(f.Filename)}
	p.name = strings.TrimSpace(f.Name)
	if p.name == "" {
		p.name = strings.TrimSuffix(p.label, path.Ext(p.label))
	}
	if p.name == "" {
		p.name = p.label
	}
	if !text.AllPlain(p.name) || len([]rune(p.name)) > nameRunes+1 {
		p.refusal = fault.New(fault.Invalid, "bad_name", "The friendly name is too long or holds characters that do not show.")
		return p, nil
	}
	select {
	case s.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	// The slot comes back when the parser has really ended, which may be after its answer.
	file, err := cert.ParseGuarded(ParseLimit, f.Data, f.Password, func() { <-s.slots })
	var refusal *fault.Fault
	switch {
	case err == nil:
		p.file = file
	case errors.As(err, &refusal):
		p.refusal = refusal
	default:
		return nil, err
	}
	return p, nil
}

// fileLabel is the last element of an uploaded file name, safe to show.
func fileLabel(name string) string {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = text.Visible(name, nameRunes)
	if strings.TrimSpace(name) == "" {
		return "upload"
	}
	return name
}

// row is one artifact to be stored: its facts and the bytes to seal. The bytes belong to the parsed file.
type row struct {
	art     artifact.Artifact
	payload []byte
	cert    *cert.Certificate // kind cert
	key     *cert.Key         // kind key
	leaf    bool              // an end-entity certificate
}

// rows answers what the file becomes: one row, or for a bundle or PFX the exact bytes and a row for each part. leaves are
// the end-entity certificates of the whole request: a key in another file can make a self-signed CA certificate one.
func (p *parsedFile) rows(leaves []*cert.Certificate) []row {
	f := p.file
	var out []row
	if f.Kind != cert.KindCert && f.Kind != cert.KindKey || f.LeftOut != "" {
		out = append(out, p.wholeRow(leaves))
	}
	for _, k := range f.Keys {
		out = append(out, p.keyRow(k))
	}
	for _, c := range f.Certificates {
		leaf := among(leaves, c)
		r := certRow(c, leaf)
		r.art.Filename, r.art.Name = p.label, p.name
		if !leaf && len(f.Certificates) > 1 {
			r.art.Name = c.Subject
		}
		out = append(out, r)
	}
	return out
}

func among(leaves []*cert.Certificate, c *cert.Certificate) bool {
	return slices.ContainsFunc(leaves, func(l *cert.Certificate) bool { return l.Fingerprint == c.Fingerprint })
}

func (p *parsedFile) wholeRow(leaves []*cert.Certificate) row {
	f := p.file
	a := artifact.Artifact{
		Kind: f.Kind, Name: p.name, Filename: p.label, Size: len(p.in.Data), Reason: f.Reason, Identity: identity(f, len(p.in.Data)),
		// What we could not read may well be a key.
		HoldsKey: len(f.Keys) > 0 || f.Kind == cert.KindPFX || f.Kind == cert.KindUnknown || f.LeftOut != "",
	}
	if f.LeftOut != "" && f.Kind != cert.KindPFX {
		a.Kind, a.Warnings = cert.KindBundle, []string{PartsLeftOut}
	}
	if a.Kind == cert.KindUnknown && a.Reason == "" {
		a.Reason = unknownReason
	}
	// A bundle is found by what it holds: it shows the facts of its first leaf.
	if i := slices.IndexFunc(f.Certificates, func(c *cert.Certificate) bool { return among(leaves, c) }); i >= 0 {
		c := f.Certificates[i]
		a.Subject, a.SANs, a.Issuer, a.NotBefore, a.NotAfter = c.Subject, c.SANs, c.Issuer, c.NotBefore, c.NotAfter
	}
	return row{art: a, payload: p.in.Data}
}

func (p *parsedFile) keyRow(k *cert.Key) row {
	pem := k.PEM().Reveal()
	return row{key: k, payload: pem, art: artifact.Artifact{
		Kind: cert.KindKey, Name: p.name, Filename: p.label, SPKI: k.SPKI, KeyType: k.Type, KeyBits: k.Bits, HoldsKey: true,
		Warnings: k.Warnings, Identity: k.SPKI, Size: len(pem),
	}}
}

func certRow(c *cert.Certificate, leaf bool) row {
	pem := c.PEM()
	return row{cert: c, leaf: leaf, payload: pem, art: artifact.Artifact{
		Kind: cert.KindCert, Name: c.Subject, Subject: c.Subject, SANs: c.SANs, Issuer: c.Issuer, Serial: c.Serial,
		NotBefore: c.NotBefore, NotAfter: c.NotAfter, Fingerprint: c.Fingerprint, SPKI: c.SPKI, KeyType: c.KeyType,
		KeyBits: c.KeyBits, CA: c.IsCA, SubjectHash: nameHash(c.X509.RawSubject), IssuerHash: nameHash(c.X509.RawIssuer),
		SubjectKeyID: c.SubjectKeyID, Warnings: c.Warnings, Identity: c.Fingerprint, Size: len(pem),
	}}
}

func nameHash(raw []byte) string {
	h := sha256.Sum256(raw)
	return hex.EncodeToString(h[:])
}

// identity narrows down which whole files may be the same: by what they hold in public and by length. Only a comparison
// of the bytes decides; no hash of secret bytes is ever stored.
func identity(f *cert.File, size int) string {
	parts := []string{string(f.Kind), strconv.Itoa(size)}
	for _, c := range f.Certificates {
		parts = append(parts, c.Fingerprint)
	}
	for _, k := range f.Keys {
		parts = append(parts, k.SPKI)
	}
	h := sha256.Sum256([]byte(strings.Join(parts, " ")))
	return hex.EncodeToString(h[:])
}

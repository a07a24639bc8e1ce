package api

import (
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
)

// Artifact is a vault row as the API names it.
type Artifact struct {
	ID          string          `json:"id" doc:"Its id."`
	Kind        string          `json:"kind" enum:"cert,key,bundle,pfx,unknown" doc:"What it is."`
	Name        string          `json:"name" doc:"Friendly name."`
	Filename    string          `json:"filename" doc:"Name of the file it came as, made visible."`
	Group       Maybe[GroupRef] `json:"group" doc:"The group it is in, or null."`
	Subject     *string         `json:"subject" doc:"Subject of the certificate."`
	SANs        []string        `json:"sans" doc:"Alternative names of the certificate."`
	Issuer      *string         `json:"issuer" doc:"Issuer of the certificate."`
	Serial      *string         `json:"serial" doc:"Serial number of the certificate."`
	NotBefore   *time.Time      `json:"not_before" doc:"Valid from."`
	NotAfter    *time.Time      `json:"not_after" doc:"Valid until."`
	Fingerprint *string         `json:"fingerprint_sha256" doc:"SHA-256 of the certificate, lower-case hex."`
	SPKI        *string         `json:"spki_sha256" doc:"SHA-256 of the public key, lower-case hex."`
	KeyType     *string         `json:"key_type" doc:"Sort of key."`
	KeyBits     *int            `json:"key_bits" doc:"Size of the key in bits."`
	Reason      *string         `json:"reason" doc:"For kind unknown: why it could not be read."`
	Source      string          `json:"source" doc:"How it came in: upload, ingest, acme or ca."`
	Warnings    []string        `json:"warnings" doc:"What is weak or odd about it."`
	CreatedAt   time.Time       `json:"created_at" doc:"When it came in."`
	CreatedBy   string          `json:"created_by" doc:"Who brought it: an address or a token's name."`
}

func artifactOf(a artifact.Artifact) Artifact {
	return Artifact{
		ID: string(a.ID), Kind: string(a.Kind), Name: a.Name, Filename: a.Filename, Group: groupRef(a.Group, a.GroupName),
		Subject: some(a.Subject), SANs: list(a.SANs), Issuer: some(a.Issuer), Serial: some(a.Serial),
		NotBefore: at(a.NotBefore), NotAfter: at(a.NotAfter), Fingerprint: some(a.Fingerprint), SPKI: some(a.SPKI),
		KeyType: some(a.KeyType), KeyBits: number(a.KeyBits), Reason: some(a.Reason), Source: string(a.Source),
		Warnings: list(a.Warnings), CreatedAt: a.CreatedAt.UTC(), CreatedBy: a.CreatedBy,
	}
}

func artifactsOf(rows []artifact.Artifact) []Artifact {
	out := make([]Artifact, 0, len(rows))
	for _, a := range rows {
		out = append(out, artifactOf(a))
	}
	return out
}

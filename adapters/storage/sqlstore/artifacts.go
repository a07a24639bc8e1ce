package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	artifactColumns = `a.id, a.kind, a.name, a.filename, COALESCE(a.group_id, ''), COALESCE(g.name, ''), a.subject, a.sans,
		a.issuer, a.serial, a.not_before, a.not_after, a.fingerprint, a.spki, a.key_type, a.key_bits, a.ca, a.holds_key,
		a.subject_hash, a.issuer_hash, a.subject_key_id, a.identity, a.size, a.reason, a.warnings, a.source, a.created_at, a.created_by,
		a.created_by_id`
	artifactFrom   = ` FROM artifacts a LEFT JOIN cert_groups g ON g.tenant_id = a.tenant_id AND g.id = a.group_id`
	artifactSelect = `SELECT ` + artifactColumns + artifactFrom

	artifactInsert = `INSERT INTO artifacts (tenant_id, id, kind, name, name_key, filename, group_id, group_key, subject,
		subject_key, sans, issuer, issuer_key, serial, not_before, not_after, expires_key, fingerprint, spki, key_type,
		key_bits, ca, holds_key, subject_hash, issuer_hash, subject_key_id, identity, size, reason, warnings, source, created_at,
		created_by, created_by_id, payload)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
		$25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35) ON CONFLICT DO NOTHING`
	artifactGet     = artifactSelect + ` WHERE a.tenant_id = $1 AND a.id = $2`
	artifactPayload = `SELECT payload FROM artifacts WHERE tenant_id = $1 AND id = $2`
	artifactRename  = `UPDATE artifacts SET name = $3, name_key = $4 WHERE tenant_id = $1 AND id = $2`
	artifactMove    = `UPDATE artifacts SET group_id = $3, group_key = $4 WHERE tenant_id = $1 AND id = $2`
	artifactCounted = `SELECT kind, not_before, not_after FROM artifacts WHERE tenant_id = $1 AND id = $2`
	artifactDelete  = `DELETE FROM artifacts WHERE tenant_id = $1 AND id = $2`
	artifactsSame   = artifactSelect + ` WHERE a.tenant_id = $1 AND a.identity = $2 AND a.kind = $3
		ORDER BY a.created_at, a.id LIMIT 20`
	artifactsBySPKI = artifactSelect + ` WHERE a.tenant_id = $1 AND a.spki = $2 AND a.kind = $3
		ORDER BY a.created_at, a.id LIMIT 50`
	artifactIssuers = artifactSelect + ` WHERE a.tenant_id = $1 AND a.subject_hash = $2 AND a.ca AND a.kind = 'cert'
		ORDER BY CASE WHEN a.subject_key_id = $3 THEN 0 ELSE 1 END, a.not_after DESC, a.id LIMIT 50`

	termsDelete = `DELETE FROM artifact_terms WHERE tenant_id = $1 AND artifact_id = $2`
	groupKey    = `SELECT name_key FROM cert_groups WHERE tenant_id = $1 AND id = $2`
)

type artifacts struct{ scope }

var _ ports.Artifacts = artifacts{}

// Insert implements ports.Artifacts.
func (r artifacts) Insert(ctx context.Context, a artifact.Artifact, sealed []byte) error {
	group, err := r.groupKey(ctx, a.Group)
	if err != nil {
		return err
	}
	sans, err := jsonOf(a.SANs)
	if err != nil {
		return err
	}
	warnings, err := jsonOf(a.Warnings)
	if err != nil {
		return err
	}
	expires := micros(a.NotAfter)
	if expires == 0 {
		expires = endOfTime
	}
	n, err := r.exec(ctx, "insert artifact", artifactInsert, string(r.id), string(a.ID), string(a.Kind), a.Name, sortKey(a.Name),
		a.Filename, optional(a.Group), group, a.Subject, sortKey(a.Subject), sans, a.Issuer, sortKey(a.Issuer), a.Serial,
		micros(a.NotBefore), micros(a.NotAfter), expires, a.Fingerprint, a.SPKI, a.KeyType, a.KeyBits, a.CA, a.HoldsKey,
		a.SubjectHash, a.IssuerHash, a.SubjectKeyID, a.Identity, a.Size, a.Reason, warnings, string(a.Source), micros(a.CreatedAt),
		a.CreatedBy, string(a.CreatedByID), blob(sealed))
	if err != nil {
		return r.on(err, foreign, fault.Missing("workspace"))
	}
	if n == 0 {
		return fault.New(fault.Conflict, "duplicate", "The vault holds this already.")
	}
	r.countArtifact(a.Kind, micros(a.NotBefore), micros(a.NotAfter), 1)
	if a.Kind == cert.KindCert && !a.NotAfter.IsZero() {
		if _, err := r.exec(ctx, "insert end", expiringInsert, string(r.id), string(a.ID), micros(a.NotAfter)); err != nil {
			return err
		}
	}
	return r.putTerms(ctx, a)
}

// groupKey answers what is of the group is sorted by, and keeps the group from being renamed or deleted until the transaction ends.
func (s scope) groupKey(ctx context.Context, id string) (key string, err error) {
	if id == "" {
		return "", nil
	}
	err = s.row(ctx, "group", groupKey+s.s.d.keyShare, []any{string(s.id), id}, &key)
	return cut(key, sortBytes), found(err, "group")
}

func (r artifacts) putTerms(ctx context.Context, a artifact.Artifact) error {
	q := `INSERT INTO artifact_terms (tenant_id, artifact_id, term, created_at) SELECT $1, $2, value, $4 FROM ` + r.s.d.list("$3")
	_, err := r.exec(ctx, "insert search terms", q, string(r.id), string(a.ID), r.s.d.listArg(artifact.Terms(&a)), micros(a.CreatedAt))
	return err
}

// Get implements ports.Artifacts.
func (r artifacts) Get(ctx context.Context, id artifact.ID) (a artifact.Artifact, err error) {
	err = r.row(ctx, "artifact", artifactGet, []any{string(r.id), string(id)}, artifactFields(&a)...)
	return a, found(err, "certificate or key")
}

// Payload implements ports.Artifacts.
func (r artifacts) Payload(ctx context.Context, id artifact.ID) (sealed []byte, err error) {
	err = r.row(ctx, "payload", artifactPayload, []any{string(r.id), string(id)}, &sealed)
	return sealed, found(err, "certificate or key")
}

// Rename implements ports.Artifacts.
func (r artifacts) Rename(ctx context.Context, id artifact.ID, name string) error {
	n, err := r.exec(ctx, "rename artifact", artifactRename, string(r.id), string(id), name, sortKey(name))
	if err := changed(n, err, "certificate or key"); err != nil {
		return err
	}
	a, err := r.Get(ctx, id)
	if err != nil {
		return err
	}
	if _, err := r.exec(ctx, "delete search terms", termsDelete, string(r.id), string(id)); err != nil {
		return err
	}
	return r.putTerms(ctx, a)
}

// Move implements ports.Artifacts.
func (r artifacts) Move(ctx context.Context, id artifact.ID, group string) error {
	key, err := r.groupKey(ctx, group)
	if err != nil {
		return err
	}
	n, err := r.exec(ctx, "move artifact", artifactMove, string(r.id), string(id), optional(group), key)
	return changed(n, err, "certificate or key")
}

// Delete implements ports.Artifacts.
func (r artifacts) Delete(ctx context.Context, id artifact.ID) error {
	var kind cert.Kind
	var notBefore, notAfter, n int64
	if err := r.row(ctx, "artifact", artifactCounted, []any{string(r.id), string(id)}, &kind, &notBefore, &notAfter); err != nil {
		return found(err, "certificate or key")
	}
	err := r.part(ctx, func() (err error) {
		n, err = r.exec(ctx, "delete artifact", artifactDelete, string(r.id), string(id))
		return r.on(err, foreign, fault.New(fault.Conflict, "in_use", "A kept generation uses this."))
	})
	if err := changed(n, err, "certificate or key"); err != nil {
		return err
	}
	r.countArtifact(kind, notBefore, notAfter, -1)
	return nil
}

// Same implements ports.Artifacts.
func (r artifacts) Same(ctx context.Context, kind cert.Kind, identity string) ([]artifact.Artifact, error) {
	return r.all(ctx, "artifacts of an identity", artifactsSame, string(r.id), identity, string(kind))
}

// BySPKI implements ports.Artifacts.
func (r artifacts) BySPKI(ctx context.Context, kind cert.Kind, spki string) ([]artifact.Artifact, error) {
	return r.all(ctx, "artifacts of a public key", artifactsBySPKI, string(r.id), spki, string(kind))
}

// Issuers implements ports.Artifacts.
func (r artifacts) Issuers(ctx context.Context, subjectHash, keyID string) ([]artifact.Artifact, error) {
	return r.all(ctx, "issuers", artifactIssuers, string(r.id), subjectHash, keyID)
}

func (r artifacts) all(ctx context.Context, what, q string, args ...any) (out []artifact.Artifact, err error) {
	err = r.rows(ctx, what, q, args, func(rw row) error {
		var a artifact.Artifact
		if err := rw.Scan(artifactFields(&a)...); err != nil {
			return err
		}
		out = append(out, a)
		return nil
	})
	return out, err
}

// artifactFields are where artifactColumns go.
func artifactFields(a *artifact.Artifact) []any {
	return []any{&a.ID, &a.Kind, &a.Name, &a.Filename, &a.Group, &a.GroupName, &a.Subject, stored{&a.SANs}, &a.Issuer,
		&a.Serial, stamp{&a.NotBefore}, stamp{&a.NotAfter}, &a.Fingerprint, &a.SPKI, &a.KeyType, &a.KeyBits, &a.CA,
		&a.HoldsKey, &a.SubjectHash, &a.IssuerHash, &a.SubjectKeyID, &a.Identity, &a.Size, &a.Reason, stored{&a.Warnings}, &a.Source,
		stamp{&a.CreatedAt}, &a.CreatedBy, &a.CreatedByID}
}

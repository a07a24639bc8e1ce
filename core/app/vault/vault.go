// Package vault is the section of certificates and keys: upload, look, search, download, rename, move, delete, and the
// groups with their generations.
//
// Every method asks the policy table first. Rows of another tenant are fault NotFound, like rows that never were.
package vault

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ignisfox/ignisfox/core/app/form"
	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Deps are what the service needs.
type Deps struct {
	Store  ports.Store
	Sealer ports.Sealer
	Intake *intake.Service
	Forms  *form.Service
}

// Service is safe for concurrent use.
type Service struct{ Deps }

// New makes the service.
func New(d Deps) *Service { return &Service{d} }

// Upload stores files that a person sends.
func (s *Service) Upload(ctx context.Context, actor tenant.Actor, req intake.Request) (intake.Result, error) {
	if err := actor.Allow(tenant.ArtifactCreate); err != nil {
		return intake.Result{}, err
	}
	req.Source = artifact.SourceUpload
	return s.Intake.Store(ctx, actor, req)
}

// ListQuery narrows a list of rows. Group is an id, a name, or "none" for ungrouped rows.
type ListQuery struct {
	Search  string
	Kind    cert.Kind
	Group   string
	Expires Expires
	Sort    artifact.Sort
	Limit   int
	Cursor  string
}

// Expires narrows a list to certificates by their end.
type Expires string

// The ends.
const (
	ExpiresWhenever Expires = ""
	ExpiresSoon     Expires = "30d"     // within 30 days from now
	ExpiresPast     Expires = "expired" // has ended
	// ExpiresDue are those that end within 30 days or have ended, without those that a newer generation took the place of:
	// what the overview counts.
	ExpiresDue Expires = "due"
)

const soon = 30 * 24 * time.Hour

// List answers a page of rows.
func (s *Service) List(ctx context.Context, actor tenant.Actor, q ListQuery) (artifact.Page, error) {
	var page artifact.Page
	if err := actor.Allow(tenant.ArtifactRead); err != nil {
		return page, err
	}
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		query, err := narrow(ctx, tx, q)
		if err != nil {
			return err
		}
		page, err = list(ctx, tx, q, query)
		return err
	})
	return page, err
}

func list(ctx context.Context, tx ports.Tx, q ListQuery, query artifact.Query) (artifact.Page, error) {
	if len(query.Words) == 0 && strings.TrimSpace(q.Search) != "" {
		return artifact.Page{}, nil // signs alone are in no term
	}
	return tx.Artifacts().List(ctx, query)
}

func narrow(ctx context.Context, tx ports.Tx, q ListQuery) (artifact.Query, error) {
	out := artifact.Query{Words: artifact.Words(q.Search), Kind: q.Kind, Sort: q.Sort, Limit: q.Limit, Cursor: q.Cursor}
	bad := fault.New(fault.Invalid, "bad_query", "The list cannot be narrowed like that.")
	if q.Sort != "" && !slices.Contains(artifact.Sorts, q.Sort) {
		return out, bad.Field("sort", "Sort by created_at, name, kind, subject, issuer, not_after or group; a leading - turns it round.")
	}
	if q.Kind != "" && !slices.Contains(kinds, q.Kind) {
		return out, bad.Field("kind", "Use cert, key, bundle, pfx or unknown.")
	}
	switch q.Expires {
	case ExpiresWhenever:
	case ExpiresSoon:
		out.ExpiresFrom, out.ExpiresBefore = tx.Now(), tx.Now().Add(soon)
	case ExpiresPast:
		out.ExpiresBefore = tx.Now()
	case ExpiresDue:
		out.ExpiresBefore, out.Unreplaced = tx.Now().Add(soon), true
	default:
		return out, bad.Field("expires", "Use 30d, expired or due.")
	}
	switch {
	case q.Group == "":
	case strings.EqualFold(q.Group, intake.NoGroup):
		out.Group = intake.NoGroup
	default:
		g, err := intake.FindGroup(ctx, tx, q.Group)
		if err != nil {
			return out, err
		}
		out.Group = g.ID
	}
	return out, nil
}

var kinds = []cert.Kind{cert.KindCert, cert.KindKey, cert.KindBundle, cert.KindPFX, cert.KindUnknown}

// Get answers one row.
func (s *Service) Get(ctx context.Context, actor tenant.Actor, id artifact.ID) (artifact.Artifact, error) {
	var a artifact.Artifact
	if err := actor.Allow(tenant.ArtifactRead); err != nil {
		return a, err
	}
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		a, err = tx.Artifacts().Get(ctx, id)
		return err
	})
	return a, err
}

// update runs fn alone among the writers of the tenant: whoever holds the end of the audit chain goes first. Every write
// takes it before anything else, as intake does, so that no two of them can wait for each other. fn may be run again: it
// sets what it answers, and never adds to it.
func (s *Service) update(ctx context.Context, actor tenant.Actor, fn func(ports.Tx) error) error {
	return s.Store.Tenant(actor.Tenant).Update(ctx, func(tx ports.Tx) error {
		if _, _, err := tx.Audit().Last(ctx); err != nil {
			return err
		}
		return fn(tx)
	})
}

// record writes what happened to a row into the trail.
func (s *Service) record(ctx context.Context, tx ports.Tx, actor tenant.Actor, action tenant.Action, object, name string, details map[string]string) error {
	return audit.Record(ctx, tx.Audit(), s.Sealer, actor, tx.Now(), action, object, name, details)
}

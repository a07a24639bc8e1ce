package sqlstore

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

type tenantStore struct {
	s  *Store
	id tenant.ID
}

var _ ports.TenantStore = (*tenantStore)(nil)

// View implements ports.TenantStore.
func (ts *tenantStore) View(ctx context.Context, fn func(ports.Tx) error) error {
	return ts.s.run(ctx, access{pool: ts.s.read, tenant: ts.id}, func(t *txn) error { return fn(tx{scope{t, ts.id}}) })
}

// Update implements ports.TenantStore.
func (ts *tenantStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	a := access{pool: ts.s.write, write: true, tenant: ts.id}
	return ts.s.run(ctx, a, func(t *txn) error { return fn(tx{scope{t, ts.id}}) })
}

// tx implements ports.Tx.
type tx struct{ scope }

var _ ports.Tx = tx{}

func (t tx) Now() time.Time                   { return t.now }
func (t tx) Tenant() tenant.ID                { return t.id }
func (t tx) Artifacts() ports.Artifacts       { return artifacts{t.scope} }
func (t tx) Groups() ports.Groups             { return groups{t.scope} }
func (t tx) Generations() ports.Generations   { return generations{t.scope} }
func (t tx) Forms() ports.Forms               { return forms{t.scope} }
func (t tx) Targets() ports.Targets           { return targets{t.scope} }
func (t tx) Deployments() ports.Deployments   { return deployments{t.scope} }
func (t tx) PushTokens() ports.PushTokens     { return pushTokens{t.scope} }
func (t tx) IngestTokens() ports.IngestTokens { return ingestTokens{t.scope} }
func (t tx) APITokens() ports.APITokens       { return apiTokens{t.scope} }
func (t tx) Members() ports.Members           { return members{t.scope} }
func (t tx) Invites() ports.Invites           { return invites{t.scope} }
func (t tx) Workspace() ports.Workspace       { return workspace{t.scope} }
func (t tx) Summary() ports.Summary           { return summary{t.scope} }
func (t tx) Audit() ports.Audit               { return trail{t.scope} }
func (t tx) Idempotency() ports.Idempotency   { return idempotency{t.scope} }

package sqlstore

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	tenantInsert = `INSERT INTO tenants (id, name, name_key, time_zone, created_at, second_factor, confirmed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	tenantSelect = `SELECT id, name, time_zone, created_at, second_factor, confirmed_at FROM tenants WHERE deleted_at = 0`
	tenantGet    = tenantSelect + ` AND id = $1`
	tenantByName = tenantSelect + ` AND name_key = $1`
	tenantList   = tenantSelect + ` AND id > $1 ORDER BY id LIMIT $2`
	tenantBury   = `UPDATE tenants SET deleted_at = $2 WHERE id = $1 AND deleted_at = 0`

	shredKeyset       = `DELETE FROM keysets WHERE tenant_id = $1`
	shredPushTokens   = `DELETE FROM push_tokens WHERE tenant_id = $1`
	shredAPITokens    = `DELETE FROM api_tokens WHERE tenant_id = $1`
	shredIngestTokens = `DELETE FROM ingest_tokens WHERE tenant_id = $1`
	shredSecrets      = `DELETE FROM target_secrets WHERE tenant_id = $1`
	shredDue          = `DELETE FROM target_due WHERE tenant_id = $1`
	shredInvites      = `DELETE FROM invites WHERE tenant_id = $1`
	shredMembers      = `DELETE FROM members WHERE tenant_id = $1`
)

// emptyLogLimit bounds one try to empty the log; SQLite itself waits for readers for a second.
const emptyLogLimit = 5 * time.Second

type tenants struct{ *txn }

var _ ports.Tenants = tenants{}

// Insert implements ports.Tenants.
func (r tenants) Insert(ctx context.Context, t tenant.Tenant, keyset ports.WrappedKeyset) error {
	key, err := nameKey(t.Name)
	if err != nil {
		return err
	}
	if err := r.mayWrap(ctx, keyset.KEK); err != nil {
		return err
	}
	return r.part(ctx, func() error {
		n, err := r.exec(ctx, "insert tenant", tenantInsert, string(t.ID), t.Name, key, t.TimeZone, micros(t.CreatedAt),
			t.SecondFactor, micros(t.ConfirmedAt))
		if err != nil {
			return err
		}
		if n == 0 {
			return errNameTaken
		}
		n, err = scope{r.txn, t.ID}.exec(ctx, "insert keyset", keysetInsert, string(t.ID), keyset.KEK, blob(keyset.Blob))
		if err == nil && n == 0 {
			return fault.New(fault.Conflict, "duplicate", "The workspace is there already.")
		}
		return err
	})
}

// Get implements ports.Tenants.
func (r tenants) Get(ctx context.Context, id tenant.ID) (tenant.Tenant, error) {
	return r.one(ctx, tenantGet, string(id))
}

// ByName implements ports.Tenants.
func (r tenants) ByName(ctx context.Context, name string) (tenant.Tenant, error) {
	key, err := nameKey(name)
	if err != nil {
		return tenant.Tenant{}, fault.Missing("workspace")
	}
	return r.one(ctx, tenantByName, key)
}

func (r tenants) one(ctx context.Context, q, key string) (t tenant.Tenant, err error) {
	err = r.row(ctx, "tenant", q, []any{key}, tenantFields(&t)...)
	return t, found(err, "workspace")
}

// Shred implements ports.Tenants. What stays of the tenant is unreadable without its keyset and reached by no credential.
func (r tenants) Shred(ctx context.Context, id tenant.ID) error {
	n, err := r.exec(ctx, "bury tenant", tenantBury, string(id), micros(r.now))
	if err := changed(n, err, "workspace"); err != nil {
		return err
	}
	inside := scope{r.txn, id}
	for _, q := range []string{shredKeyset, shredPushTokens, shredAPITokens, shredIngestTokens, shredSecrets, shredDue, shredInvites, shredMembers} {
		n, err := inside.exec(ctx, "shred tenant", q, string(id))
		if err != nil {
			return err
		}
		if q == shredIngestTokens {
			inside.count(countIngestTokens, -int(n))
		}
	}
	r.after = append(r.after, func() { _ = r.s.emptyLog(context.WithoutCancel(ctx)) })
	return nil
}

// emptyLog moves what was destroyed out of the log of the database, where older copies of it may stand, and says whether that
// is done. It is not while somebody reads a state from before; Jobs.Sweep repeats it.
func (s *Store) emptyLog(ctx context.Context) bool {
	if s.d.emptyLog == nil {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, emptyLogLimit)
	defer cancel()
	done, err := s.d.emptyLog(ctx, s.side.db)
	if err != nil || !done {
		s.log.Warn("the log of the database could not be emptied yet; it may hold the wrapped keys of a tenant that was deleted",
			"error", err)
	}
	return done && err == nil
}

// List implements ports.Tenants.
func (r tenants) List(ctx context.Context, after tenant.ID, limit int) (out []tenant.Tenant, err error) {
	err = r.rows(ctx, "tenants", tenantList, []any{string(after), atMost(limit)}, func(rw row) error {
		var t tenant.Tenant
		err := rw.Scan(tenantFields(&t)...)
		out = append(out, t)
		return err
	})
	return out, err
}

func tenantFields(t *tenant.Tenant) []any {
	return []any{&t.ID, &t.Name, &t.TimeZone, stamp{&t.CreatedAt}, &t.SecondFactor, stamp{&t.ConfirmedAt}}
}

package sqlstore

import (
	"context"
	"database/sql"

	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	pullGrant = `SELECT p.tenant_id, p.id, p.expires_at, t.id, t.settings, g.id, g.password_version, n.id, n.number, n.key_id,
		EXISTS (SELECT 1 FROM generation_chain c WHERE c.tenant_id = n.tenant_id AND c.generation_id = n.id)
		FROM push_tokens p
		JOIN tenants w ON w.id = p.tenant_id AND w.deleted_at = 0
		JOIN targets t ON t.tenant_id = p.tenant_id AND t.id = p.target_id
		JOIN cert_groups g ON g.tenant_id = t.tenant_id AND g.id = t.group_id
		LEFT JOIN generations n ON n.tenant_id = g.tenant_id AND n.group_id = g.id AND n.number = g.current_number
		WHERE p.hash = $1`
	pullForms = `SELECT id, kind, preset, password_version FROM forms WHERE tenant_id = $1 AND generation_id = $2
		AND password_version IN (0, $3) LIMIT 100`
	ingestGrant = `SELECT i.tenant_id, i.id, i.name, COALESCE(i.group_id, '') FROM ingest_tokens i
		JOIN tenants w ON w.id = i.tenant_id AND w.deleted_at = 0 WHERE i.hash = $1`
	apiGrant = `SELECT a.tenant_id, a.id, u.id, u.email, m.role, a.scopes, u.platform_admin, a.expires_at, u.disabled_at
		FROM api_tokens a
		JOIN tenants w ON w.id = a.tenant_id AND w.deleted_at = 0
		JOIN members m ON m.tenant_id = a.tenant_id AND m.user_id = a.user_id
		JOIN users u ON u.id = a.user_id
		WHERE a.hash = $1`
	sessionGrant = `SELECT ` + sessionColumns + `, u.id, u.email, u.name, u.platform_admin, u.time_zone, u.date_format, u.created_at,
		u.disabled_at, u.had_workspace, COALESCE(w.id, ''), COALESCE(w.name, ''), COALESCE(w.time_zone, ''), COALESCE(w.created_at, 0),
		COALESCE(w.second_factor, FALSE), COALESCE(w.confirmed_at, 0), COALESCE(m.role, ''),
		EXISTS (SELECT 1 FROM authenticators f WHERE f.user_id = s.user_id AND f.confirmed_at > 0)
			OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = s.user_id)
		FROM sessions s
		JOIN users u ON u.id = s.user_id
		LEFT JOIN tenants w ON w.id = s.workspace_id AND w.deleted_at = 0
		LEFT JOIN members m ON m.tenant_id = w.id AND m.user_id = s.user_id
		WHERE s.hash = $1 OR s.previous_hash = $1`
	inviteGrant = `SELECT ` + inviteColumns + `, w.id, w.name, w.time_zone, w.created_at, w.second_factor, w.confirmed_at,
		EXISTS (SELECT 1 FROM users u WHERE u.email_key = i.email_key)
		FROM invites i JOIN tenants w ON w.id = i.tenant_id AND w.deleted_at = 0 WHERE i.hash = $1`
)

// lookup finds the owner of a credential. It reads only, across tenants, and answers no more than the grant.
type lookup struct{ s *Store }

var _ ports.Lookup = lookup{}

func (l lookup) view(ctx context.Context, fn func(*txn) error) error {
	return l.s.run(ctx, access{pool: l.s.read, door: doorLookup}, fn)
}

// PullGrant implements ports.Lookup.
func (l lookup) PullGrant(ctx context.Context, h token.Hash) (g target.Grant, err error) {
	err = l.view(ctx, func(t *txn) error {
		g = target.Grant{}
		var settings target.Settings
		var generation, key sql.NullString
		var number sql.NullInt64
		err := t.row(ctx, "pull grant", pullGrant, []any{h[:]}, &g.Tenant, &g.Token, stamp{&g.TokenExpires}, &g.Target,
			stored{&settings}, &g.Group, &g.PasswordVersion, &generation, &number, &key, &g.HasChain)
		if err != nil {
			return found(err, "token")
		}
		g.AllowedCIDRs, g.Preset = settings.AllowedCIDRs, settings.PFXPreset
		if settings.ExpiresAt != nil {
			g.TargetExpires = settings.ExpiresAt.UTC()
		}
		g.Generation, g.Number, g.HasKey = generation.String, int(number.Int64), key.Valid
		if g.Generation == "" {
			return nil
		}
		return t.pullForms(ctx, &g)
	})
	if err != nil {
		return target.Grant{}, err
	}
	return g, nil
}

func (t *txn) pullForms(ctx context.Context, g *target.Grant) error {
	g.Forms = map[group.FormKey]string{}
	args := []any{string(g.Tenant), g.Generation, g.PasswordVersion}
	return t.rows(ctx, "stored forms", pullForms, args, func(rw row) error {
		k := group.FormKey{Generation: g.Generation}
		var id string
		if err := rw.Scan(&id, &k.Kind, &k.Preset, &k.PasswordVersion); err != nil {
			return err
		}
		g.Forms[k] = id
		return nil
	})
}

// IngestGrant implements ports.Lookup.
func (l lookup) IngestGrant(ctx context.Context, h token.Hash) (g tenant.IngestGrant, err error) {
	err = l.view(ctx, func(t *txn) error {
		err := t.row(ctx, "ingest grant", ingestGrant, []any{h[:]}, &g.Tenant, &g.Token, &g.Name, &g.Group)
		return found(err, "token")
	})
	return g, err
}

// APIGrant implements ports.Lookup.
func (l lookup) APIGrant(ctx context.Context, h token.Hash) (g tenant.APIGrant, err error) {
	err = l.view(ctx, func(t *txn) error {
		var disabled int64
		err := t.row(ctx, "API grant", apiGrant, []any{h[:]}, &g.Tenant, &g.Token, &g.User, &g.Email, &g.Role, stored{&g.Scopes},
			&g.Platform, stamp{&g.Expires}, &disabled)
		g.Disabled = disabled != 0
		return found(err, "token")
	})
	return g, err
}

// SessionGrant implements ports.Lookup.
func (l lookup) SessionGrant(ctx context.Context, h token.Hash) (tenant.SessionGrant, error) {
	var g tenant.SessionGrant
	err := l.view(ctx, func(t *txn) error {
		p := &g.Person
		fields := append(sessionFields(&g.Session), &p.ID, &p.Email, &p.Name, &p.PlatformAdmin, &p.TimeZone, &p.DateFormat,
			stamp{&p.CreatedAt}, stamp{&p.DisabledAt}, &p.HadWorkspace)
		fields = append(fields, tenantFields(&g.Workspace)...)
		return found(t.row(ctx, "session grant", sessionGrant, []any{h[:]}, append(fields, &g.Role, &g.SecondFactor)...), "session")
	})
	if err != nil {
		return tenant.SessionGrant{}, err
	}
	return g, nil
}

// InviteGrant implements ports.Lookup.
func (l lookup) InviteGrant(ctx context.Context, h token.Hash) (tenant.InviteGrant, error) {
	var g tenant.InviteGrant
	err := l.view(ctx, func(t *txn) error {
		fields := append(inviteFields(&g.Invite), tenantFields(&g.Workspace)...)
		return found(t.row(ctx, "invite grant", inviteGrant, []any{h[:]}, append(fields, &g.Known)...), "invite")
	})
	if err != nil {
		return tenant.InviteGrant{}, err
	}
	return g, nil
}

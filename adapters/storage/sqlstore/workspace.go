package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const tenantUpdate = `UPDATE tenants SET name = $2, name_key = $3, time_zone = $4, second_factor = $5, confirmed_at = $6
	WHERE id = $1 AND deleted_at = 0`

type workspace struct{ scope }

var _ ports.Workspace = workspace{}

// Get implements ports.Workspace.
func (r workspace) Get(ctx context.Context) (t tenant.Tenant, err error) {
	err = r.row(ctx, "workspace", tenantGet, []any{string(r.id)}, tenantFields(&t)...)
	return t, found(err, "workspace")
}

// Update implements ports.Workspace. Other tenants cannot be seen from here: a taken name shows as the index refusing it.
func (r workspace) Update(ctx context.Context, t tenant.Tenant) error {
	key, err := nameKey(t.Name)
	if err != nil {
		return err
	}
	return r.part(ctx, func() error {
		n, err := r.exec(ctx, "update workspace", tenantUpdate, string(r.id), t.Name, key, t.TimeZone, t.SecondFactor,
			micros(t.ConfirmedAt))
		return changed(n, r.on(err, unique, errNameTaken), "workspace")
	})
}

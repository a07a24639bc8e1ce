package sqlstore

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	formInsert = `INSERT INTO forms (tenant_id, id, group_id, generation_id, kind, preset, password_version, created_at, payload)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
	formSelect = `SELECT id, group_id, generation_id, kind, preset, password_version, created_at, payload FROM forms`
	formGet    = formSelect + ` WHERE tenant_id = $1 AND id = $2`
	formFind   = formSelect + ` WHERE tenant_id = $1 AND generation_id = $2 AND kind = $3 AND preset = $4 AND password_version = $5`
	formsKeyed = `DELETE FROM forms WHERE tenant_id = $1 AND generation_id = $2 AND kind IN ('key', 'bundle', 'pfx')`
)

type forms struct{ scope }

var _ ports.Forms = forms{}

// Put implements ports.Forms.
func (r forms) Put(ctx context.Context, f group.Form) (group.Form, error) {
	_, err := r.exec(ctx, "insert form", formInsert, string(r.id), f.ID, f.Group, f.Key.Generation, string(f.Key.Kind),
		f.Key.Preset, f.Key.PasswordVersion, micros(f.CreatedAt), blob(f.Sealed))
	if err != nil {
		return group.Form{}, r.on(err, foreign, fault.Missing("generation"))
	}
	return r.Find(ctx, f.Key)
}

// Get implements ports.Forms.
func (r forms) Get(ctx context.Context, id string) (group.Form, error) {
	return r.one(ctx, formGet, string(r.id), id)
}

// Find implements ports.Forms.
func (r forms) Find(ctx context.Context, k group.FormKey) (group.Form, error) {
	return r.one(ctx, formFind, string(r.id), k.Generation, string(k.Kind), k.Preset, k.PasswordVersion)
}

// DropKeyed implements ports.Forms.
func (r forms) DropKeyed(ctx context.Context, generation string) error {
	_, err := r.exec(ctx, "delete forms", formsKeyed, string(r.id), generation)
	return err
}

func (r forms) one(ctx context.Context, q string, args ...any) (f group.Form, err error) {
	err = r.row(ctx, "form", q, args, &f.ID, &f.Group, &f.Key.Generation, &f.Key.Kind, &f.Key.Preset, &f.Key.PasswordVersion,
		stamp{&f.CreatedAt}, &f.Sealed)
	return f, found(err, "form")
}

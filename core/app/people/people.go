// Package people is what sign-in and the administration of accounts share: making a workspace with its keys, making its
// owner, telling every workspace of a person what happened to them, the rule that a workspace keeps an owner, new passwords, second
// factors, and noting when something was used last.
//
//	err := people.WithKeyset(ctx, store, sealer, now, func(tx ports.PlatformTx, w people.Fresh) (bool, error) { … })
//	trails, err := people.TrailsOf(ctx, tx, sealer, user)
//	err = trails.Record(ctx, actor, tenant.CredentialUpdate, string(user), email, details)
//
// It decides about no rights: its callers do, before they call.
package people

import (
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// MaxMembers is how many members a workspace may have: all of them can be listed, and its owners counted.
const MaxMembers = 1000

// MaxName is how long names of people and workspaces may be, in runes.
const MaxName = 100

// Fresh is the id and the keyset of a workspace that may be made.
type Fresh struct {
	ID     tenant.ID
	Keyset ports.WrappedKeyset
}

// WithKeyset runs fn in a transaction of the platform, with what a new workspace needs. fn says whether it made the
// workspace. When the keyset turns out to be under a KEK that was retired meanwhile, all is done once more with a new one.
func WithKeyset(ctx context.Context, store ports.Store, sealer ports.Sealer, now func() time.Time,
	fn func(tx ports.PlatformTx, w Fresh) (used bool, err error),
) error {
	err := tryKeyset(ctx, store, sealer, now, fn)
	if fault.CodeOf(err) == "kek_retired" {
		err = tryKeyset(ctx, store, sealer, now, fn)
	}
	return err
}

func tryKeyset(ctx context.Context, store ports.Store, sealer ports.Sealer, now func() time.Time,
	fn func(tx ports.PlatformTx, w Fresh) (used bool, err error),
) error {
	w := Fresh{ID: tenant.ID(id.New("ten", now()))}
	var err error
	if w.Keyset, err = sealer.NewKeyset(ctx, w.ID); err != nil {
		return err
	}
	used := false
	err = store.Platform().Update(ctx, func(tx ports.PlatformTx) (err error) {
		used, err = fn(tx, w)
		return err
	})
	if err != nil || !used {
		sealer.Forget(w.ID)
	}
	return err
}

// AddOwner makes u an owner of the workspace of tx, whether u is a member already or not, and records who did so.
func AddOwner(ctx context.Context, tx ports.Tx, sealer ports.Sealer, actor tenant.Actor, u tenant.User) error {
	_, err := tx.Members().Get(ctx, u.ID)
	switch {
	case err == nil:
		err = tx.Members().SetRole(ctx, u.ID, tenant.Owner)
	case fault.KindOf(err) == fault.NotFound:
		err = Admit(ctx, tx, tenant.Member{
			User: u.ID, Email: u.Email, Name: u.Name, Role: tenant.Owner, CreatedAt: tx.Now(),
		})
	}
	if err != nil {
		return err
	}
	return audit.Record(ctx, tx.Audit(), sealer, actor, tx.Now(), tenant.MemberUpdate, string(u.ID), u.Email,
		map[string]string{"role": string(tenant.Owner)})
}

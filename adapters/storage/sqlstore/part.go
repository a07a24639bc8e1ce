package sqlstore

import (
	"context"
	"errors"

	"github.com/ignisfox/ignisfox/core/fault"
)

// part runs statements that may meet a conflict their method names. The conflict undoes them and leaves the transaction usable;
// any other failure spoils it as ever.
func (t *txn) part(ctx context.Context, fn func() error) error {
	if _, err := t.exec(ctx, "begin part", `SAVEPOINT part`); err != nil {
		return err
	}
	tenant, spent := t.tenant, t.spent
	err := fn()
	named := fault.KindOf(err) == fault.Conflict
	if err != nil && !named {
		return err
	}
	if named {
		t.broken, t.tenant, t.spent = nil, tenant, spent // what row-level security was told since is undone too
		if _, uerr := t.exec(ctx, "undo part", `ROLLBACK TO SAVEPOINT part`); uerr != nil {
			return errors.Join(uerr, err)
		}
	}
	if _, rerr := t.exec(ctx, "end part", `RELEASE SAVEPOINT part`); rerr != nil {
		return rerr
	}
	return err
}

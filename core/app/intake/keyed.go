package intake

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/ports"
)

// KeyedGroup answers the group of that id or name for a target that is to be bound to it: its current generation holds a key. Faults
// Invalid group_without_key, NotFound.
func KeyedGroup(ctx context.Context, tx ports.Tx, idOrName string) (group.Group, error) {
	g, err := FindGroup(ctx, tx, idOrName)
	if err != nil {
		return g, err
	}
	if g, err = tx.Groups().Get(ctx, g.ID); err != nil {
		return g, err
	}
	if !g.HasKey {
		return g, fault.New(fault.Invalid, "group_without_key", "The group has no current certificate with its private key.").
			Field("group", "Upload the certificate and its key to this group first, or choose another group.")
	}
	return g, nil
}

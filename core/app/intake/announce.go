package intake

import (
	"context"

	"github.com/ignisfox/ignisfox/ports"
)

// announce has the targets of a group that we deploy to look at what is current now. Most groups have none: then nothing is enqueued.
func announce(ctx context.Context, tx ports.Tx, groupID string) error {
	some, err := tx.Deployments().OfGroup(ctx, groupID, "", 1)
	if err != nil || len(some) == 0 {
		return err
	}
	return tx.Enqueue(ctx, ports.Job{Kind: ports.JobFanOut, Tenant: tx.Tenant(), Object: groupID, At: tx.Now()})
}

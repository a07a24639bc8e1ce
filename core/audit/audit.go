// Package audit is the trail of sensitive actions: one chain of entries per tenant, each bound to the one before by a
// keyed MAC, so that an entry cannot be changed or taken out unseen by somebody who can write to the database.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ignisfox/ignisfox/core/tenant"
)

// Entry is one thing that was done. Details come from a fixed set of keys and never hold a secret.
type Entry struct {
	Seq        int64 // 1, 2, 3 … within the tenant
	At         time.Time
	Principal  tenant.Principal
	Actor      string // e-mail address, token name or "operator"
	ActorID    string // user id or token id
	Address    string // empty for the command line
	Action     tenant.Action
	Object     string            // id of what was acted upon
	ObjectName string            // its name then, safe to show
	Details    map[string]string // may be nil
	MAC        []byte
}

// Log is the tenant's chain inside one transaction; ports.Audit satisfies it.
type Log interface {
	// Last answers the newest entry's number and MAC, 0 and nil when there is none. It holds the chain's end until the
	// transaction ends, so that two writers cannot take the same number.
	Last(ctx context.Context) (seq int64, mac []byte, err error)
	// Insert adds e, whose Seq and MAC are set.
	Insert(ctx context.Context, e Entry) error
}

// MACer makes the keyed MAC; ports.Sealer satisfies it.
type MACer interface {
	MAC(ctx context.Context, purpose string, data []byte) ([]byte, error)
}

// Record appends what actor did to object at the end of the tenant's chain.
func Record(ctx context.Context, log Log, macs MACer, actor tenant.Actor, at time.Time, action tenant.Action,
	object, name string, details map[string]string,
) error {
	seq, prev, err := log.Last(ctx)
	if err != nil {
		return fmt.Errorf("end of the audit chain: %w", err)
	}
	e := Entry{
		Seq: seq + 1, At: at, Principal: actor.Principal, Actor: actor.Name, ActorID: actorID(actor),
		Action: action, Object: object, ObjectName: name, Details: details,
	}
	if actor.Addr.IsValid() {
		e.Address = actor.Addr.String()
	}
	if e.MAC, err = Sum(ctx, macs, actor.Tenant, prev, e); err != nil {
		return err
	}
	return log.Insert(ctx, e)
}

func actorID(a tenant.Actor) string {
	if a.User != "" {
		return string(a.User)
	}
	return a.Credential
}

// Sum answers the MAC that e must carry when the entry before it carries prev.
func Sum(ctx context.Context, macs MACer, id tenant.ID, prev []byte, e Entry) ([]byte, error) {
	// JSON of an array is one unambiguous line: strings are quoted, map keys are sorted.
	line, err := json.Marshal([]any{
		"ifx-audit-1", id, prev, e.Seq, e.At.UnixMicro(), e.Principal, e.Actor, e.ActorID, e.Address, e.Action,
		e.Object, e.ObjectName, e.Details,
	})
	if err != nil {
		return nil, fmt.Errorf("audit entry: %w", err)
	}
	return macs.MAC(ctx, "audit", line)
}

// Query asks for a page of entries, newest first.
type Query struct {
	Limit  int
	Before int64 // answers entries with a smaller Seq; 0 for the newest
}

package api

import (
	"context"
	"maps"
	"net/http"
	"strconv"
	"time"

	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// AuditEntry is one thing that was done.
type AuditEntry struct {
	ID         string            `json:"id" doc:"Its number in the trail."`
	At         time.Time         `json:"at" doc:"When."`
	Principal  string            `json:"principal" doc:"With what sort of credential: user, ingest or operator."`
	Actor      string            `json:"actor" doc:"Who: an address, a token's name or operator."`
	Address    *string           `json:"address" doc:"From where, null for the command line."`
	Action     string            `json:"action" doc:"What, as the permission it took."`
	Object     string            `json:"object" doc:"Id of what was acted upon."`
	ObjectName string            `json:"object_name" doc:"Its name then."`
	Details    map[string]string `json:"details" doc:"More about it."`
}

func auditEntryOf(e audit.Entry) AuditEntry {
	out := AuditEntry{
		ID: strconv.FormatInt(e.Seq, 10), At: e.At.UTC(), Principal: string(e.Principal), Actor: e.Actor, Address: some(e.Address),
		Action: string(e.Action), Object: e.Object, ObjectName: e.ObjectName, Details: map[string]string{},
	}
	maps.Copy(out.Details, e.Details)
	return out
}

// listAudit: GET /audit.
func (a *API) listAudit() {
	register(a, tenant.AuditRead, Op{
		Method: http.MethodGet, Path: "/audit", Summary: "Read the audit trail, newest first", Tag: "account",
	}, func(ctx context.Context, who Who, in *Paging) (*Answer[Page[AuditEntry]], error) {
		before, err := strconv.ParseInt(in.Cursor, 10, 64)
		if in.Cursor != "" && (err != nil || before < 1) {
			return nil, invalidField("cursor", "Give the next of the page before.")
		}
		entries, next, err := a.Account.Trail(ctx, who, in.Limit, before)
		if err != nil {
			return nil, err
		}
		cursor := ""
		if next > 0 {
			cursor = strconv.FormatInt(next, 10)
		}
		return pageOf(entries, cursor, auditEntryOf), nil
	})
}

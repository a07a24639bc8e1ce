package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// BulkBody is the body of POST /artifacts/bulk.
type BulkBody struct {
	IDs     []string    `json:"ids" minItems:"1" maxItems:"200" doc:"The artifacts: all are changed or none."`
	Action  string      `json:"action" enum:"move,delete" doc:"What to do with them."`
	Group   Opt[string] `json:"group,omitempty" maxLength:"256" doc:"For move: the group by id or name, made when new; null ungroups."`
	Confirm bool        `json:"confirm,omitempty" doc:"Do it although a generation uses one of them."`
}

// bulkArtifacts: POST /artifacts/bulk. The use cases ask for the permission to delete where it is deleted.
func (a *API) bulkArtifacts() {
	type in struct{ Body BulkBody }
	register(a, tenant.ArtifactUpdate, Op{
		Method: http.MethodPost, Path: "/artifacts/bulk", Summary: "Move or delete several artifacts", Tag: "artifacts",
		Status: http.StatusNoContent,
	}, func(ctx context.Context, who Who, in *in) (*None, error) {
		ids, err := idsOf(in.Body.IDs)
		if err != nil {
			return nil, err
		}
		if in.Body.Action == "delete" {
			return &None{}, a.Vault.DeleteMany(ctx, who, ids, in.Body.Confirm)
		}
		if !in.Body.Group.Set {
			return nil, fault.New(fault.Invalid, "invalid", "Some of what was sent is not usable. See fields.").
				Field("group", "Name a group, or null to take them out of theirs.")
		}
		return &None{}, a.Vault.MoveMany(ctx, who, ids, in.Body.Group.Value, in.Body.Confirm)
	})
}

// idsOf answers the ids without those given twice.
func idsOf(in []string) ([]artifact.ID, error) {
	seen := map[string]bool{}
	var out []artifact.ID
	for _, s := range in {
		if !validID(s) {
			return nil, fault.Missing("artifact")
		}
		if !seen[s] {
			seen[s] = true
			out = append(out, artifact.ID(s))
		}
	}
	return out, nil
}

package api

import (
	"context"
	"net/http"

	"github.com/ignisfox/ignisfox/core/app/vault"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/tenant"
)

// ArtifactPatch is the body of PATCH /artifacts/{id}.
type ArtifactPatch struct {
	Name  Opt[string] `json:"name,omitempty" maxLength:"200" doc:"New friendly name."`
	Group Opt[string] `json:"group,omitempty" maxLength:"256" doc:"Group to move it to, by id or name; null takes it out of its group."`
}

// changeArtifact: PATCH /artifacts/{id}.
func (a *API) changeArtifact() {
	type in struct {
		ByID
		Confirm bool `query:"confirm" doc:"Move it although a generation uses it."`
		Body    ArtifactPatch
	}
	register(a, tenant.ArtifactUpdate, Op{
		Method: http.MethodPatch, Path: "/artifacts/{id}", Summary: "Rename or move an artifact", Tag: "artifacts",
	}, func(ctx context.Context, who Who, in *in) (*Answer[Artifact], error) {
		name, err := in.Body.Name.Ptr("name")
		if err != nil {
			return nil, err
		}
		c := vault.Change{Name: name, Group: in.Body.Group.Removable(), Confirm: in.Confirm}
		row, err := a.Vault.Change(ctx, who, artifact.ID(in.ID), c)
		if err != nil {
			return nil, err
		}
		return answer(artifactOf(row)), nil
	})
}

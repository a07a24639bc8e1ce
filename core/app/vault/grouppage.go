package vault

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// MostOfGroup is how many rows of a group its page lists; Group.Artifacts says how many there are.
	MostOfGroup = 200
	tokenPages  = 10 // of 200 ingest tokens, in which those of a group are looked for
)

// GroupPage is all that a group's page shows.
type GroupPage struct {
	Group        group.Group
	Generations  []Generation        // greatest number first, with what activating one would alter
	Rows         []artifact.Artifact // newest first, at most MostOfGroup
	Targets      []target.Target     // newest first, at most MostTargets, without tokens
	IngestTokens []tenant.IngestToken
}

// Unborn answers the certificates of a group without any generation that say of themselves that they are a CA's: each is a
// generation as soon as its key is in the group. Without it they may be there as issuers of one that is still to come.
func (p *GroupPage) Unborn() []artifact.Artifact {
	if len(p.Generations) > 0 {
		return nil
	}
	var out []artifact.Artifact
	for _, a := range p.Rows {
		if a.Kind == cert.KindCert && a.CA {
			out = append(out, a)
		}
	}
	return out
}

// GroupPage answers a group, by id or name, with everything in it and bound to it, as one state. Fault NotFound.
func (s *Service) GroupPage(ctx context.Context, actor tenant.Actor, idOrName string) (p GroupPage, err error) {
	if err := allowAll(actor, tenant.GroupRead, tenant.ArtifactRead, tenant.TargetRead, tenant.IngestTokenRead); err != nil {
		return GroupPage{}, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		g, err := intake.FindGroup(ctx, tx, idOrName)
		if err != nil {
			return err
		}
		if p.Group, err = tx.Groups().Get(ctx, g.ID); err != nil {
			return err
		}
		if p.Generations, err = s.generations(ctx, tx, g.ID); err != nil {
			return err
		}
		rows, err := tx.Artifacts().List(ctx, artifact.Query{Group: g.ID, Limit: MostOfGroup})
		if err != nil {
			return err
		}
		p.Rows = rows.Items
		if p.Targets, err = targetsOf(ctx, tx, g.ID, MostTargets); err != nil {
			return err
		}
		p.IngestTokens, err = tokensOf(ctx, tx, g.ID)
		return err
	})
	return p, err
}

// tokensOf answers the ingest tokens that are bound to the group.
func tokensOf(ctx context.Context, tx ports.Tx, groupID string) (out []tenant.IngestToken, err error) {
	cursor := ""
	for range tokenPages {
		page, next, err := tx.IngestTokens().List(ctx, tenant.IngestTokenQuery{Limit: 200, Cursor: cursor})
		if err != nil {
			return nil, err
		}
		for _, t := range page {
			if t.Group == groupID {
				out = append(out, t)
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return out, nil
}

package vault

import (
	"cmp"
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

const (
	// MostUses is how many generations that use a row are told.
	MostUses = 50
	// MostTargets is how many targets of a group are listed.
	MostTargets = 200
)

// Detail is all that a row's page shows. What concerns certificates is empty for other kinds, what concerns groups for
// ungrouped rows.
type Detail struct {
	Row         artifact.Artifact
	Facts       *Facts          // of a certificate
	Ancestry    intake.Ancestry // of a certificate
	Uses        []group.Use     // generations that rest on it: current ones with the most targets first, then by name; at most MostUses
	MoreUses    int             // how many are not in Uses
	Group       *group.Group    // the row's
	Generations []Generation    // of that group, greatest number first
	Targets     []target.Target
	Keys        []artifact.Artifact // rows of the same public key: keys …
	Certs       []artifact.Artifact // … and other certificates
}

// Certificate answers what there is to know of a row of any kind, and never anything secret of it. Fault NotFound.
func (s *Service) Certificate(ctx context.Context, actor tenant.Actor, id artifact.ID) (d Detail, err error) {
	if err := allowAll(actor, tenant.ArtifactRead, tenant.GroupRead, tenant.TargetRead); err != nil {
		return Detail{}, err
	}
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		d = Detail{}
		if d.Row, err = tx.Artifacts().Get(ctx, id); err != nil {
			return err
		}
		if d.Row.Kind == cert.KindCert {
			if err := s.readCertificate(ctx, tx, &d); err != nil {
				return err
			}
		}
		if err := d.readUses(ctx, tx); err != nil {
			return err
		}
		if err := d.readMatches(ctx, tx); err != nil {
			return err
		}
		return s.readGroup(ctx, tx, &d)
	})
	return d, err
}

func allowAll(actor tenant.Actor, actions ...tenant.Action) error {
	for _, a := range actions {
		if err := actor.Allow(a); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) readCertificate(ctx context.Context, tx ports.Tx, d *Detail) error {
	c, err := intake.Certificate(ctx, tx, s.Sealer, d.Row.ID)
	if err != nil {
		return err
	}
	d.Facts = factsOf(c)
	d.Ancestry, err = s.Intake.Ancestry(ctx, tx, c)
	return err
}

func (d *Detail) readUses(ctx context.Context, tx ports.Tx) (err error) {
	if d.Uses, err = tx.Generations().Uses(ctx, []artifact.ID{d.Row.ID}, mostUses); err != nil {
		return err
	}
	current := func(u group.Use) int {
		if u.State == group.Current {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(d.Uses, func(a, b group.Use) int {
		return cmp.Or(current(b)-current(a), cmp.Compare(b.Targets, a.Targets), cmp.Compare(a.GroupName, b.GroupName), cmp.Compare(b.Number, a.Number))
	})
	if d.MoreUses = max(0, len(d.Uses)-MostUses); d.MoreUses > 0 {
		d.Uses = d.Uses[:MostUses]
	}
	return nil
}

// readMatches finds the rows with the same public key.
func (d *Detail) readMatches(ctx context.Context, tx ports.Tx) (err error) {
	if d.Row.SPKI == "" {
		return nil
	}
	if d.Keys, err = tx.Artifacts().BySPKI(ctx, cert.KindKey, d.Row.SPKI); err != nil {
		return err
	}
	if d.Certs, err = tx.Artifacts().BySPKI(ctx, cert.KindCert, d.Row.SPKI); err != nil {
		return err
	}
	itself := func(a artifact.Artifact) bool { return a.ID == d.Row.ID }
	d.Keys, d.Certs = slices.DeleteFunc(d.Keys, itself), slices.DeleteFunc(d.Certs, itself)
	return nil
}

func (s *Service) readGroup(ctx context.Context, tx ports.Tx, d *Detail) error {
	if d.Row.Group == "" {
		return nil
	}
	g, err := tx.Groups().Get(ctx, d.Row.Group)
	if err != nil {
		return err
	}
	d.Group = &g
	if d.Generations, err = s.generations(ctx, tx, g.ID); err != nil {
		return err
	}
	d.Targets, err = targetsOf(ctx, tx, g.ID, MostTargets)
	return err
}

// targetsOf answers the targets of a group, newest first, without their tokens: those are the push section's.
func targetsOf(ctx context.Context, tx ports.Tx, groupID string, most int) ([]target.Target, error) {
	page, err := tx.Targets().List(ctx, target.Query{Group: groupID, Limit: most})
	for i := range page.Items {
		page.Items[i].Tokens = nil
	}
	return page.Items, err
}

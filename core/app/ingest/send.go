package ingest

import (
	"context"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// File is one part of a delivery, in PEM.
type File struct {
	Filename string
	Data     []byte
}

// Delivery is what a pipeline sends. Group is an id or a name, empty for the token's own, or, when that has none, one
// named after the certificate. Name becomes the friendly name of the rows.
type Delivery struct {
	Name  string
	Group string
	Files []File
}

// Outcome is what became of it.
type Outcome struct {
	Group        *intake.Ref         // nil when the rows are in no group
	Generation   int                 // the generation of the leaf; 0 when there is none
	Certificates []artifact.Artifact // in the order sent
	New          bool                // something was stored that was not there before
}

// Send stores a delivery, or nothing of it. Faults: the refusals of core/cert; no_file, not_recognised, other_group
// (Forbidden), group_gone, in_other_group.
func (s *Service) Send(ctx context.Context, actor tenant.Actor, d Delivery) (Outcome, error) {
	if err := actor.Allow(tenant.IngestSend); err != nil {
		return Outcome{}, err
	}
	req := intake.Request{Group: strings.TrimSpace(d.Group), Source: artifact.SourceIngest}
	for _, f := range d.Files {
		if err := readable(f); err != nil {
			return Outcome{}, err
		}
		req.Files = append(req.Files, intake.File{Filename: f.Filename, Name: d.Name, Data: f.Data})
	}
	if actor.Group != "" {
		if err := s.ownGroup(ctx, actor, req.Group); err != nil {
			return Outcome{}, err
		}
		req.Group = actor.Group
	}
	res, err := s.Intake.Store(ctx, actor, req)
	if err != nil {
		return Outcome{}, err
	}
	return s.outcome(ctx, actor, res)
}

// readable refuses what the vault would keep as unknown or not take: a pipeline has to hear of it.
func readable(f File) error {
	file, err := cert.ParseWithin(intake.ParseLimit, f.Data, secret.String{})
	if err != nil {
		return err
	}
	defer file.Wipe()
	if file.Kind == cert.KindUnknown {
		return fault.New(fault.Invalid, "not_recognised", "There is no certificate and no private key in what was sent. Send them in PEM.")
	}
	return nil
}

// ownGroup refuses a delivery that names another group than the token's.
func (s *Service) ownGroup(ctx context.Context, actor tenant.Actor, wanted string) error {
	var own group.Group
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) (err error) {
		own, err = tx.Groups().Get(ctx, actor.Group)
		return err
	})
	switch {
	case err != nil && fault.KindOf(err) == fault.NotFound:
		return fault.New(fault.Invalid, "group_gone", "The group of this token was deleted. Make a new token.")
	case err != nil:
		return err
	case wanted == "" || wanted == own.ID || strings.EqualFold(wanted, own.Name):
		return nil
	}
	return fault.New(fault.Forbidden, "other_group", "This token only writes to its own group. Leave the group out, or use another token.")
}

func (s *Service) outcome(ctx context.Context, actor tenant.Actor, res intake.Result) (Outcome, error) {
	var out Outcome
	for _, f := range res.Files {
		switch f.Status {
		case intake.Refused:
			return Outcome{}, fault.New(fault.Invalid, f.Code, f.Message)
		case intake.Stored:
			out.New = true
		}
		for _, a := range f.Artifacts {
			if a.Kind == cert.KindCert {
				out.Certificates = append(out.Certificates, a)
			}
		}
		if out.Group == nil {
			out.Group = f.Group
		}
	}
	err := s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		for _, a := range out.Certificates {
			found, err := out.place(ctx, tx, a)
			if err != nil || found {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Outcome{}, err
	}
	if actor.Group != "" && out.Group != nil && out.Group.ID != actor.Group {
		return Outcome{}, fault.New(fault.Invalid, "in_other_group",
			"The certificate is in the vault already, in another group, and stays there. Move it in the dashboard, or use that group's token.")
	}
	return out, nil
}

// place finds the newest generation whose leaf is a.
func (o *Outcome) place(ctx context.Context, tx ports.Tx, a artifact.Artifact) (bool, error) {
	using, err := tx.Generations().Using(ctx, a.ID)
	if err != nil {
		return false, err
	}
	number := 0
	for _, g := range using {
		if g.Leaf == a.ID && g.Group == a.Group {
			number = max(number, g.Number)
		}
	}
	if number == 0 {
		return false, nil
	}
	o.Group, o.Generation = &intake.Ref{ID: a.Group, Name: a.GroupName}, number
	return true, nil
}

package ingest

import (
	"context"
	"errors"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// File is one part of a delivery, in PEM.
type File struct {
	Filename string
	Unnamed  bool // the sender gave no file name
	Data     []byte
}

// Delivery is what a pipeline sends. Group is an id or a name, empty for the token's own, or, when that has none, one
// named after the certificate. Name becomes the friendly name of the rows; without it, files that have no name either are called after what they hold.
type Delivery struct {
	Name  string
	Group string
	Files []File
}

// Outcome is what became of it.
type Outcome struct {
	Group        *intake.Ref         // nil when the rows are in no group
	Generation   int                 // of the leaf, or of the key when that came alone; 0 when there is none
	Certificates []artifact.Artifact // in the order sent
	New          bool                // something was stored that was not there before
}

// Send stores a delivery, or nothing of it. Faults: the refusals of core/cert; no_file, not_recognised, other_group
// (Forbidden), group_gone, in_other_group.
func (s *Service) Send(ctx context.Context, actor tenant.Actor, d Delivery) (Outcome, error) {
	if err := actor.Allow(tenant.IngestSend); err != nil {
		return Outcome{}, err
	}
	req := intake.Request{Group: strings.TrimSpace(d.Group), Source: artifact.SourceIngest, Strict: true}
	for _, f := range d.Files {
		req.Files = append(req.Files, intake.File{Filename: f.Filename, Name: d.Name, Unnamed: f.Unnamed, Data: f.Data})
	}
	if actor.Group != "" {
		if err := s.ownGroup(ctx, actor, req.Group); err != nil {
			return Outcome{}, err
		}
		req.Group = actor.Group
	}
	res, err := s.Intake.Store(ctx, actor, req)
	if err != nil {
		return Outcome{}, forPipelines(err)
	}
	return outcome(res), nil
}

// advice is what a pipeline can do about refusals that uploads are told in other words.
var advice = map[string]string{
	"not_recognised": "There is no certificate and no private key in what was sent. Send them in PEM.",
	"in_other_group": "The certificate is in the vault already, in another group, and stays there. Move it first, or use that group's token.",
}

func forPipelines(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) && advice[f.Code] != "" {
		return fault.New(f.Kind, f.Code, advice[f.Code])
	}
	return err
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

// outcome answers where the leaf went, or where a key or an issuer that came alone did.
func outcome(res intake.Result) Outcome {
	var out Outcome
	for _, f := range res.Files {
		out.New = out.New || f.Status == intake.Stored
		for _, a := range f.Artifacts {
			if a.Kind == cert.KindCert {
				out.Certificates = append(out.Certificates, a)
			}
		}
		if out.Group == nil || out.Generation == 0 && f.Generation != 0 {
			out.Group, out.Generation = f.Group, f.Generation
		}
	}
	return out
}

package vault

import (
	"context"
	"slices"

	"github.com/ignisfox/ignisfox/core/app/intake"
	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// AttachKey stores the private key that a generation of the group waits for, or that makes a CA's certificate the first one (see
// GroupPage.Unborn), and answers the generation's number. A key
// that none of them waits for is refused and not stored: Upload takes it. Faults besides those of reading a file:
// nothing_waits, no_key, other_key, in_other_group.
func (s *Service) AttachKey(ctx context.Context, actor tenant.Actor, groupID string, f intake.File) (int, error) {
	looks, err := s.Look(ctx, actor, []intake.File{f})
	if err != nil {
		return 0, err
	}
	look := looks[0]
	switch {
	case look.Status == intake.Refused:
		return 0, unread(look.Code, look.Message)
	case look.Key == nil:
		return 0, fault.New(fault.Invalid, "no_key", "There is no private key in it.").
			Field("key", "Give the private key: it begins with -----BEGIN … PRIVATE KEY-----.")
	}
	leaf, err := s.awaited(ctx, actor, groupID, look.Key.SPKI)
	if err != nil {
		return 0, err
	}
	if f.Unnamed && f.Name == "" {
		f.Name = leaf.Name
	}
	res, err := s.Upload(ctx, actor, intake.Request{Files: []intake.File{f}, Group: groupID})
	if err != nil {
		return 0, err
	}
	out := res.Files[0]
	switch {
	case out.Code == "in_other_group":
		return 0, fault.New(fault.Conflict, "in_other_group", "The key is in the vault already, in another group. Move it into this one, or out of any.")
	case out.Status == intake.Refused:
		return 0, unread(out.Code, out.Message)
	}
	return out.Generation, nil
}

// unread puts what is wrong with a file beside the field it is about.
func unread(code, message string) error {
	field := "key"
	if code == "password_needed" || code == "wrong_password" {
		field = "password"
	}
	return fault.New(fault.Invalid, code, message).Field(field, message)
}

// awaited answers the certificate of the group's generation that waits for the key of that public key.
func (s *Service) awaited(ctx context.Context, actor tenant.Actor, groupID, spki string) (leaf artifact.Artifact, err error) {
	err = s.Store.Tenant(actor.Tenant).View(ctx, func(tx ports.Tx) error {
		if _, err := tx.Groups().Get(ctx, groupID); err != nil {
			return err
		}
		gens, err := tx.Generations().List(ctx, groupID)
		if err != nil {
			return err
		}
		if len(gens) == 0 {
			leaf, err = unborn(ctx, tx, groupID, spki)
			return err
		}
		gens = slices.DeleteFunc(gens, func(g group.Generation) bool { return g.Key != "" })
		i := slices.IndexFunc(gens, func(g group.Generation) bool { return g.LeafSPKI == spki })
		switch {
		case len(gens) == 0:
			return fault.New(fault.Conflict, "nothing_waits", "No generation of this group waits for a key.")
		case i < 0:
			return fault.New(fault.Invalid, "other_key", "This key belongs to another certificate, so nothing was stored.").
				Field("key", "Give the key that the certificate was made with.")
		}
		leaf, err = tx.Artifacts().Get(ctx, gens[i].Leaf)
		return err
	})
	return leaf, err
}

// unborn answers the certificate of a group without generations that the key makes the first one.
func unborn(ctx context.Context, tx ports.Tx, groupID, spki string) (artifact.Artifact, error) {
	rows, err := tx.Artifacts().BySPKI(ctx, cert.KindCert, spki)
	if err != nil {
		return artifact.Artifact{}, err
	}
	i := slices.IndexFunc(rows, func(a artifact.Artifact) bool { return a.Group == groupID && a.CA })
	if i < 0 {
		return artifact.Artifact{}, fault.New(fault.Conflict, "nothing_waits", "No certificate of this group waits for this key.")
	}
	return rows[i], nil
}

package vault

import (
	"context"
	"encoding/binary"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/text"
	"github.com/ignisfox/ignisfox/ports"
)

// PasswordsMax is how many PFX passwords of a group builds may leave behind. None is ever forgotten, since files built
// with it are stored and answered again; setting the group's own password is never refused for their number.
const PasswordsMax = 200

// usePassword answers the version of the group that holds this password, stored when it is new; current makes it the
// group's own. The caller holds the group's lock.
func (s *Service) usePassword(ctx context.Context, tx ports.Tx, groupID string, password secret.String, current bool) (int, error) {
	mark, err := s.fingerprint(ctx, tx, groupID, password)
	if err != nil {
		return 0, err
	}
	p, err := tx.Groups().FindPassword(ctx, groupID, mark)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		p, err = s.newPassword(ctx, tx, groupID, password, mark, current)
	}
	if err != nil {
		return 0, err
	}
	if current {
		return p.Version, tx.Groups().SetPassword(ctx, groupID, p.Version)
	}
	return p.Version, nil
}

func (s *Service) newPassword(ctx context.Context, tx ports.Tx, groupID string, password secret.String, mark []byte, current bool) (group.Password, error) {
	p := group.Password{ID: id.New("gpw", tx.Now()), Group: groupID, Version: 1}
	newest, err := tx.Groups().Passwords(ctx, groupID, 1)
	if err != nil {
		return p, err
	}
	if len(newest) > 0 {
		p.Version = newest[0].Version + 1 // versions are never deleted, so the greatest is how many there are
	}
	if p.Version > PasswordsMax && !current {
		return p, fault.New(fault.Conflict, "too_many_passwords",
			"PFX files of this group were built with 200 passwords already. Set a password on the group and build without naming one, or name one that was used before.").
			Field("password", "Leave it out to use the group's password.")
	}
	plain := secret.NewBytes([]byte(password.Reveal()))
	defer plain.Wipe()
	if p.Sealed, err = s.Sealer.Seal(ctx, passwordPlace(tx, p.ID), plain); err != nil {
		return p, err
	}
	return p, tx.Groups().AddPassword(ctx, p, mark)
}

// fingerprint is what a password is found by without opening any: a MAC that only the sealer can make, another one in
// every group. The lengths keep its parts apart.
func (s *Service) fingerprint(ctx context.Context, tx ports.Tx, groupID string, password secret.String) ([]byte, error) {
	var data []byte
	defer func() { clear(data) }()
	for _, part := range []string{string(tx.Tenant()), groupID, password.Reveal()} {
		data = binary.BigEndian.AppendUint64(data, uint64(len(part)))
		data = append(data, part...)
	}
	return s.Sealer.MAC(ctx, "pfx-password", data)
}

func passwordPlace(tx ports.Tx, row string) ports.Place {
	return ports.Place{Tenant: tx.Tenant(), Table: group.PasswordsTable, Column: group.PasswordColumn, Row: row}
}

// checkPFXPassword refuses what a PKCS#12 file, or a person who must type it on a device, cannot take.
func checkPFXPassword(password secret.String) error {
	f := fault.New(fault.Invalid, "bad_password", "The password is not usable for a PFX.")
	n := len([]rune(password.Reveal()))
	switch {
	case n == 0:
		return f.Field("password", "Give a password.")
	case n > 256:
		return f.Field("password", "Use at most 256 characters.")
	case !text.AllPlain(password.Reveal()):
		return f.Field("password", "Leave out control characters and invisible characters.")
	}
	for _, r := range password.Reveal() {
		if r > 0xFFFF {
			return f.Field("password", "A PFX password cannot hold characters outside the basic plane, such as emoji.")
		}
	}
	return nil
}

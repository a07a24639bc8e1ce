package signin

import (
	"context"
	"slices"
	"strings"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

var errTooManyPasskeys = fault.New(fault.Conflict, "too_many_passkeys", "You have 20 passkeys. Remove one that you do not use.")

// BeginPasskey asks a browser to make a passkey.
func (s *Service) BeginPasskey(ctx context.Context, w Who) (Challenge, error) {
	if err := w.Allow(tenant.CredentialUpdate); err != nil {
		return Challenge{}, err
	}
	owner, err := s.owner(ctx, w)
	if err != nil {
		return Challenge{}, err
	}
	if len(owner.Passkeys) >= tenant.MaxPasskeys {
		return Challenge{}, errTooManyPasskeys
	}
	options, state, err := s.Passkeys.BeginEnrol(ctx, owner)
	if err != nil {
		return Challenge{}, err
	}
	return s.begin(ctx, kindEnrol, w.User, options, state)
}

// AddPasskey keeps the passkey that a browser made; an empty name becomes "Passkey". When the person had no recovery codes
// they are answered, this once. Faults: passkey_refused (Unauthenticated), passkey_known, too_many_passkeys (Conflict),
// bad_name (Invalid).
func (s *Service) AddPasskey(ctx context.Context, w Who, ceremony secret.String, name string, answer []byte,
) (p tenant.Passkey, recovery []secret.String, err error) {
	if err := w.Allow(tenant.CredentialUpdate); err != nil {
		return tenant.Passkey{}, nil, err
	}
	if name = strings.TrimSpace(name); name == "" {
		name = "Passkey"
	}
	if err := tenant.CheckName("name", name, people.MaxName); err != nil {
		return tenant.Passkey{}, nil, err
	}
	state, err := s.take(ctx, kindEnrol, w.User, ceremony)
	if err != nil {
		return tenant.Passkey{}, nil, err
	}
	owner, err := s.owner(ctx, w)
	if err != nil {
		return tenant.Passkey{}, nil, err
	}
	if p, err = s.Passkeys.FinishEnrol(ctx, owner, state, answer); err != nil {
		return tenant.Passkey{}, nil, err
	}
	err = s.change(ctx, w, func(c own) (map[string]string, error) {
		have, err := c.tx.Factors().Passkeys(ctx, w.User)
		if err != nil {
			return nil, err
		}
		if len(have) >= tenant.MaxPasskeys {
			return nil, errTooManyPasskeys
		}
		p.ID, p.User, p.Name, p.CreatedAt = id.New("psk", c.tx.Now()), w.User, name, c.tx.Now()
		if err := c.tx.Factors().InsertPasskey(ctx, p); err != nil {
			return nil, err
		}
		if err := c.strengthen(ctx); err != nil {
			return nil, err
		}
		recovery, err = s.firstCodes(ctx, c.tx, w.User)
		return map[string]string{"passkey": "added", "name": name}, err
	})
	if err != nil {
		return tenant.Passkey{}, nil, err
	}
	return p, recovery, nil
}

// RenamePasskey gives one of the person's passkeys another name. Faults: bad_name (Invalid), not_found.
func (s *Service) RenamePasskey(ctx context.Context, w Who, passkeyID, name string) error {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return err
	}
	name = strings.TrimSpace(name)
	if err := tenant.CheckName("name", name, people.MaxName); err != nil {
		return err
	}
	return s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		trails, err := people.TrailsOf(ctx, tx, s.Sealer, w.User)
		if err != nil {
			return err
		}
		have, err := tx.Factors().Passkeys(ctx, w.User)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(have, func(p tenant.Passkey) bool { return p.ID == passkeyID })
		if i < 0 {
			return fault.Missing("passkey")
		}
		details := map[string]string{"passkey": "renamed", "was": have[i].Name, "name": name}
		have[i].Name = name
		if err := tx.Factors().UpdatePasskey(ctx, have[i]); err != nil {
			return err
		}
		return trails.Record(ctx, w.Actor, tenant.CredentialUpdate, string(w.User), w.Person.Email, details)
	})
}

// RemovePasskey takes one of the person's passkeys away, and the recovery codes with the last factor. Faults: not_found,
// second_factor_required when it is the last factor and one must be had.
func (s *Service) RemovePasskey(ctx context.Context, w Who, passkeyID string) error {
	return s.change(ctx, w, func(c own) (map[string]string, error) {
		have, err := people.FactorsOf(ctx, c.tx, w.User)
		if err != nil {
			return nil, err
		}
		i := slices.IndexFunc(have.Passkeys, func(p tenant.Passkey) bool { return p.ID == passkeyID })
		if i < 0 {
			return nil, fault.Missing("passkey")
		}
		if err := s.loseOne(ctx, c, have); err != nil {
			return nil, err
		}
		details := map[string]string{"passkey": "removed", "name": have.Passkeys[i].Name}
		return details, c.tx.Factors().DeletePasskey(ctx, w.User, passkeyID)
	})
}

// owner answers the person with their passkeys.
func (s *Service) owner(ctx context.Context, w Who) (ports.PasskeyOwner, error) {
	return view(ctx, s, func(tx ports.PlatformTx) (ports.PasskeyOwner, error) {
		have, err := tx.Factors().Passkeys(ctx, w.User)
		return ports.PasskeyOwner{User: w.Person, Passkeys: have}, err
	})
}

package signin

import (
	"bytes"
	"context"
	"time"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// ceremonyFor is how long a browser may take to answer.
const ceremonyFor = 5 * time.Minute

const (
	kindEnrol   = "enrol"
	kindSignIn  = "sign_in"
	kindConfirm = "confirm"
)

// Challenge is what a browser is given to answer with a passkey.
type Challenge struct {
	Options  []byte        // JSON for navigator.credentials.create or get, binary values in base64url
	Ceremony secret.String // comes back with the answer, once
}

// begin keeps the state of a ceremony until its answer comes.
func (s *Service) begin(ctx context.Context, kind string, u tenant.UserID, options, state []byte) (Challenge, error) {
	held, hash := newSecret()
	err := s.Store.Platform().Update(ctx, func(tx ports.PlatformTx) error {
		return tx.Ceremonies().Put(ctx, tenant.Ceremony{
			Hash: hash, Kind: kind, User: u, Data: state, ExpiresAt: tx.Now().Add(ceremonyFor),
		})
	})
	if err != nil {
		return Challenge{}, err
	}
	return Challenge{Options: options, Ceremony: held}, nil
}

// take ends a ceremony, whatever becomes of its answer, and answers its state. It must be of that kind and person.
func (s *Service) take(ctx context.Context, kind string, u tenant.UserID, ceremony secret.String) (state []byte, err error) {
	hash, ok := hashOf(ceremony)
	if !ok {
		return nil, errPasskeyRefused
	}
	c, err := update(ctx, s, func(tx ports.PlatformTx) (tenant.Ceremony, error) {
		return tx.Ceremonies().Take(ctx, hash, tx.Now())
	})
	if fault.KindOf(err) == fault.NotFound || err == nil && (c.Kind != kind || c.User != u) {
		return nil, errPasskeyRefused
	}
	return c.Data, err
}

// used is a passkey that proved its answer.
type used struct {
	user    tenant.User
	passkey tenant.Passkey // with its new data
	was     []byte         // the data it was proved with
}

// prove checks an answer without changing anything.
func (s *Service) prove(ctx context.Context, state, answer []byte) (used, error) {
	var u used
	u2, err := view(ctx, s, func(tx ports.PlatformTx) (used, error) {
		p, err := s.Passkeys.FinishUse(ctx, state, answer, func(credential []byte) (ports.PasskeyOwner, error) {
			p, err := tx.Factors().ByCredential(ctx, credential)
			if err != nil {
				return ports.PasskeyOwner{}, err
			}
			u.was = p.Data
			if u.user, err = tx.Users().Get(ctx, p.User); err != nil {
				return ports.PasskeyOwner{}, err
			}
			// All of them: somebody who was asked by name was asked for any of theirs, and must own each.
			all, err := tx.Factors().Passkeys(ctx, p.User)
			return ports.PasskeyOwner{User: u.user, Passkeys: all}, err
		})
		u.passkey = p
		return u, err
	})
	if fault.KindOf(err) == fault.NotFound {
		return used{}, errPasskeyRefused
	}
	return u2, err
}

// settle writes down that a passkey was used. One that was used or removed since it was proved is refused, and so is a
// person who was disabled: of two answers from copies of one passkey only one counts.
func settle(ctx context.Context, tx ports.PlatformTx, u used) error {
	now, err := tx.Factors().ByCredential(ctx, u.passkey.CredentialID)
	if fault.KindOf(err) == fault.NotFound || err == nil && (now.ID != u.passkey.ID || !bytes.Equal(now.Data, u.was)) {
		return errPasskeyRefused
	}
	if err != nil {
		return err
	}
	who, err := tx.Users().Get(ctx, now.User)
	if err != nil {
		return err
	}
	if !who.DisabledAt.IsZero() {
		return errPasskeyRefused
	}
	now.Data, now.LastAt = u.passkey.Data, tx.Now()
	return tx.Factors().UpdatePasskey(ctx, now)
}

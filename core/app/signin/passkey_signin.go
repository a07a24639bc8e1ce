package signin

import (
	"context"
	"errors"

	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/ports"
)

// BeginPasskeySignIn asks a browser for any passkey it has of us. It is for a sign-in without password and for completing
// a pending one alike.
func (s *Service) BeginPasskeySignIn(ctx context.Context) (Challenge, error) {
	options, state, err := s.Passkeys.BeginUse(ctx, ports.PasskeyOwner{})
	if err != nil {
		return Challenge{}, err
	}
	return s.begin(ctx, kindSignIn, "", options, state)
}

// FinishPasskeySignIn lets in whoever answers with a passkey. The device has verified its user, so it counts as both
// factors; a pending session that the browser came with ends. Fault passkey_refused (Unauthenticated) for whatever proves
// nothing: an answer of another origin or challenge, one that was used before, a counter that ran backwards.
func (s *Service) FinishPasskeySignIn(ctx context.Context, ceremony secret.String, answer []byte, v Visit) (Opened, error) {
	out, err := s.passkeySignIn(ctx, ceremony, answer, v)
	if errors.Is(err, errPasskeyRefused) {
		s.Log.InfoContext(ctx, "passkey refused", "address", v.Address.String(), "cause", err)
	}
	return out, err
}

func (s *Service) passkeySignIn(ctx context.Context, ceremony secret.String, answer []byte, v Visit) (Opened, error) {
	state, err := s.take(ctx, kindSignIn, "", ceremony)
	if err != nil {
		return Opened{}, err
	}
	held, err := s.heldBy(ctx, v)
	if err != nil {
		return Opened{}, err
	}
	u, err := s.prove(ctx, state, answer)
	if err != nil {
		return Opened{}, err
	}
	return update(ctx, s, func(tx ports.PlatformTx) (Opened, error) {
		in, err := startIn(ctx, tx, u.user.ID, held)
		if err != nil {
			return Opened{}, err
		}
		wrong, err := forgive(ctx, tx, u.user.ID)
		if err != nil {
			return Opened{}, err
		}
		if err := settle(ctx, tx, u); err != nil {
			return Opened{}, err
		}
		out, err := s.enter(ctx, tx, entry{
			user: u.user, in: in, visit: v, held: held, strong: true, how: map[string]string{"by": byPasskey},
		})
		out.WrongCodes = wrong
		return out, err
	})
}

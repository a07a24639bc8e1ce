package signin

import (
	"context"

	"github.com/ignisfox/ignisfox/core/app/people"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/id"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Factors is what a person has beside their password.
type Factors struct {
	Authenticator bool
	Replacing     bool             // another app is begun, which takes the place of the one there is
	Passkeys      []tenant.Passkey // oldest first
	RecoveryCodes int              // how many are left
}

// Factors answers the person's second factors.
func (s *Service) Factors(ctx context.Context, w Who) (Factors, error) {
	if err := w.Allow(tenant.ProfileUpdate); err != nil {
		return Factors{}, err
	}
	return view(ctx, s, func(tx ports.PlatformTx) (Factors, error) {
		have, err := people.FactorsOf(ctx, tx, w.User)
		if err != nil {
			return Factors{}, err
		}
		n, err := tx.Factors().RecoveryCodes(ctx, w.User)
		return Factors{
			Authenticator: have.HasApp(), Replacing: have.App.NextID != "", Passkeys: have.Passkeys, RecoveryCodes: n,
		}, err
	})
}

// Enrolment is how a person brings a key into their app.
type Enrolment = ports.Enrolment

// BeginAuthenticator makes the key of an authenticator app, shown this once. It counts for nothing until
// ConfirmAuthenticator; beginning again throws it away. An app that is there already goes on until then, and is replaced.
func (s *Service) BeginAuthenticator(ctx context.Context, w Who) (Enrolment, error) {
	if err := w.Allow(tenant.CredentialUpdate); err != nil {
		return Enrolment{}, err
	}
	key, err := s.Codes.New()
	if err != nil {
		return Enrolment{}, err
	}
	defer key.Wipe()
	show, err := s.Codes.Enrolment(key, w.Person.Email)
	if err != nil {
		return Enrolment{}, err
	}
	a := tenant.Authenticator{ID: id.New("aut", s.Now()), User: w.User}
	if a.Sealed, err = s.Sealer.Seal(ctx, placeOf(a), key); err != nil {
		return Enrolment{}, err
	}
	err = s.change(ctx, w, func(c own) (map[string]string, error) {
		old, err := c.tx.Factors().Authenticator(ctx, w.User)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return nil, err
		}
		if !old.ConfirmedAt.IsZero() {
			old.NextID, old.NextSealed = a.ID, a.Sealed
			return nil, c.tx.Factors().PutAuthenticator(ctx, old)
		}
		a.CreatedAt = c.tx.Now()
		return nil, c.tx.Factors().PutAuthenticator(ctx, a)
	})
	if err != nil {
		return Enrolment{}, err
	}
	return show, nil
}

// ConfirmAuthenticator takes the first code of the app, which is a second factor from then on, in the place of the one there
// was. When the person had no recovery codes they are answered, this once. Faults: wrong_code (Unauthenticated), not_found
// without a beginning, authenticator_exists (Conflict) without one beside an app that is there.
func (s *Service) ConfirmAuthenticator(ctx context.Context, w Who, code string) (recovery []secret.String, err error) {
	err = s.change(ctx, w, func(c own) (map[string]string, error) {
		a, err := c.tx.Factors().Authenticator(ctx, w.User)
		if err != nil {
			return nil, err
		}
		done := "added"
		if !a.ConfirmedAt.IsZero() {
			if a.NextID == "" {
				return nil, fault.New(fault.Conflict, "authenticator_exists", "The authenticator app is confirmed already.")
			}
			done = "replaced"
			a = tenant.Authenticator{ID: a.NextID, User: a.User, Sealed: a.NextSealed, CreatedAt: c.tx.Now()}
		}
		right, err := s.takeStep(ctx, &a, digits(code), c.tx.Now())
		if err != nil {
			return nil, err
		}
		if !right {
			return nil, errWrongCode
		}
		a.ConfirmedAt = c.tx.Now()
		if err := c.tx.Factors().PutAuthenticator(ctx, a); err != nil {
			return nil, err
		}
		if err := c.strengthen(ctx); err != nil {
			return nil, err
		}
		recovery, err = s.firstCodes(ctx, c.tx, w.User)
		return map[string]string{"authenticator": done}, err
	})
	if err != nil {
		return nil, err
	}
	return recovery, nil
}

// RemoveAuthenticator takes the app away, and the recovery codes with the last factor. Fault second_factor_required when
// it is the last one and one must be had; not_found when there is none.
func (s *Service) RemoveAuthenticator(ctx context.Context, w Who) error {
	return s.change(ctx, w, func(c own) (map[string]string, error) {
		have, err := people.FactorsOf(ctx, c.tx, w.User)
		if err != nil {
			return nil, err
		}
		if !have.HasApp() {
			return nil, fault.Missing("authenticator app")
		}
		if err := s.loseOne(ctx, c, have); err != nil {
			return nil, err
		}
		return map[string]string{"authenticator": "removed"}, c.tx.Factors().DeleteAuthenticator(ctx, w.User)
	})
}

// loseOne is mayLoseOne, and ends the recovery codes with the last factor.
func (s *Service) loseOne(ctx context.Context, c own, have people.Factors) error {
	last, err := c.mayLoseOne(ctx, have)
	if err != nil || !last {
		return err
	}
	return c.tx.Factors().SetRecoveryCodes(ctx, c.who.User, nil)
}

func placeOf(a tenant.Authenticator) ports.Place {
	return ports.Place{Table: tenant.AuthenticatorsTable, Column: tenant.AuthenticatorColumn, Row: a.ID}
}

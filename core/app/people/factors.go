package people

import (
	"context"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// Factors is what a person has beside their password.
type Factors struct {
	App      tenant.Authenticator // zero when there is none, ConfirmedAt zero when it was not proved yet
	Passkeys []tenant.Passkey
}

// HasApp says whether there is an app that codes are taken of.
func (f Factors) HasApp() bool { return !f.App.ConfirmedAt.IsZero() }

// Count answers how many second factors there are.
func (f Factors) Count() int {
	n := len(f.Passkeys)
	if f.HasApp() {
		n++
	}
	return n
}

// Any says whether the person has a second factor.
func (f Factors) Any() bool { return f.Count() > 0 }

// FactorsOf reads what a person has.
func FactorsOf(ctx context.Context, tx ports.PlatformTx, u tenant.UserID) (f Factors, err error) {
	if f.App, err = tx.Factors().Authenticator(ctx, u); err != nil && fault.KindOf(err) != fault.NotFound {
		return f, err
	}
	f.Passkeys, err = tx.Factors().Passkeys(ctx, u)
	return f, err
}

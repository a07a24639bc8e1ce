package account_test

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/secret"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

// stuff gives a person n API tokens past the use case, and answers one of them.
func (d *desk) stuff(t *testing.T, who tenant.Actor, n int) (raw secret.String) {
	t.Helper()
	ok(t, d.kit.Store.Tenant(who.Tenant).Update(ctx, func(tx ports.Tx) error {
		for i := range n {
			var hash token.Hash
			raw, hash = token.New(token.API)
			err := tx.APITokens().Insert(ctx, tenant.APIToken{ID: fmt.Sprintf("tok_%04d", i), User: who.User, Name: "t", Hash: hash,
				Scopes: []tenant.Scope{tenant.ScopeRead}, CreatedAt: tx.Now()})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return raw
}

// Of many that are asked for at once no more are made than one may have.
func TestTokensAreCountedOneAfterTheOther(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.owner(t, "kim@example.com", "Acme")
		d.stuff(t, who, 97)
		const many = 8
		errs := make([]error, many)
		var wg sync.WaitGroup
		// While the trail is held none of them can be finished; what each does before it needs the trail it does now.
		ok(t, d.kit.Store.Tenant(who.Tenant).Update(ctx, func(tx ports.Tx) error {
			if _, _, err := tx.Audit().Last(ctx); err != nil {
				return err
			}
			for i := range many {
				wg.Go(func() { _, _, errs[i] = d.CreateToken(ctx, who, account.NewToken{Name: "one more"}) })
			}
			for range 300 {
				if _, err := tx.APITokens().Count(ctx, who.User); err != nil {
					return err
				}
			}
			return nil
		}))
		wg.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else if fault.CodeOf(err) != "too_many_tokens" {
				t.Error(err)
			}
		}
		if made != 3 {
			t.Errorf("%d tokens were made of the 3 that there was room for", made)
		}
	})
}

// Somebody who broke in made more tokens than one page lists: all of them are told, and all go.
func TestAResetEndsAllTokens(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		who := d.owner(t, "kim@example.com", "Acme")
		raw := d.stuff(t, who, 130)
		reset := account.PasswordReset{Email: "kim@example.com", Password: pw("password two")}
		if was, err := d.ResetPassword(ctx, reset); err != nil || was.Tokens != 130 {
			t.Errorf("%+v, %v", was, err)
		}
		reset.RevokeTokens = true
		if was, err := d.ResetPassword(ctx, reset); err != nil || was.Tokens != 130 {
			t.Errorf("%+v, %v", was, err)
		}
		if was := d.access(t, "kim@example.com"); was.Tokens != 0 {
			t.Errorf("%d are left", was.Tokens)
		}
		_, err := d.Authenticate(ctx, raw.Reveal(), netip.Addr{})
		code(t, err, "invalid_token")
		if e := d.trail(t, who.Tenant)[1]; e.Details["api_tokens_revoked"] != "130" {
			t.Errorf("trail: %+v", e)
		}
	})
}

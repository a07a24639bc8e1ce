package account_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/ignisfox/ignisfox/core/app/account"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// behind is a sealer that has not seen a rotation yet: its first keysets are wrapped by a KEK that was retired meanwhile.
type behind struct {
	ports.Sealer
	stale, asked int
}

func (b *behind) NewKeyset(ctx context.Context, id tenant.ID) (ports.WrappedKeyset, error) {
	w, err := b.Sealer.NewKeyset(ctx, id)
	if b.asked++; b.asked <= b.stale {
		w.KEK = "dead0000"
	}
	return w, err
}

func TestAKeysetUnderARetiredKEKIsMadeAnew(t *testing.T) {
	engines(t, func(t *testing.T, d *desk) {
		ok(t, d.kit.Store.Keysets().PutKEK(ctx, ports.KEKCheck{ID: "dead0000", Check: []byte("c")}))
		if retired, err := d.kit.Store.Keysets().RetireKEK(ctx, "dead0000"); err != nil || !retired {
			t.Fatal(retired, err)
		}
		owner := account.NewOwner{Email: "kim@example.com", Name: "Kim", Tenant: "Acme", Password: pw("password one")}
		create := func(stale int) (account.Owner, *behind, error) {
			b := &behind{Sealer: d.kit.Sealer, stale: stale}
			s := account.New(account.Deps{
				Store: d.kit.Store, Sealer: b, Passwords: d.passwords, Now: time.Now, Log: slog.New(slog.DiscardHandler),
			})
			out, err := s.CreateOwner(ctx, owner)
			return out, b, err
		}
		_, b, err := create(9)
		code(t, err, "kek_retired")
		if b.asked != 2 {
			t.Errorf("%d keysets were made", b.asked)
		}
		out, _, err := create(1)
		ok(t, err)
		w, err := d.kit.Store.Keysets().Keyset(ctx, out.Tenant)
		if err != nil || w.KEK == "dead0000" || !out.NewTenant {
			t.Errorf("%+v is under %s (%v)", out, w.KEK, err)
		}
	})
}

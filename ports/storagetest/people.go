package storagetest

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/core/token"
	"github.com/ignisfox/ignisfox/ports"
)

func apiTokenRows(k *kit) {
	id := k.tenant()
	kim, lee := k.member(id, tenant.Owner), k.member(id, tenant.Viewer)
	var want []tenant.APIToken
	k.update(id, func(tx ports.Tx) error {
		for i := range 250 {
			t := tenant.APIToken{ID: k.newID("at"), User: kim.ID, Name: fmt.Sprint("token ", i), Hash: k.hash(), Display: "api_…abcd",
				Scopes: []tenant.Scope{tenant.ScopeRead, tenant.ScopeWrite}, CreatedAt: at(i / 8)}
			if i%2 == 0 {
				t.ExpiresAt = at(9999)
			}
			want = append([]tenant.APIToken{t}, want...)
			k.ok(tx.APITokens().Insert(k.ctx, t))
		}
		return nil
	})
	k.ok(k.s.Jobs().RecordUses(k.ctx, []ports.TokenUse{
		{Tenant: id, Kind: token.API, ID: want[0].ID, At: at(70), Address: netip.MustParseAddr("192.0.2.1")},
		{Tenant: id, Kind: token.API, ID: want[0].ID, At: at(60), Address: netip.MustParseAddr("192.0.2.2")},
		{Tenant: id, Kind: token.API, ID: "at_nosuch", At: at(60)},
		{Tenant: "tn_nosuch", Kind: token.API, ID: want[1].ID, At: at(60)},
	}))
	k.ok(k.s.Jobs().RecordUses(k.ctx, []ports.TokenUse{{Tenant: id, Kind: token.API, ID: want[0].ID, At: at(65)}}))
	want[0].LastAt, want[0].LastAddr = at(70), netip.MustParseAddr("192.0.2.1")
	var got []tenant.APIToken
	for cursor := ""; ; {
		var page []tenant.APIToken
		k.view(id, func(tx ports.Tx) (err error) {
			page, cursor, err = tx.APITokens().List(k.ctx, kim.ID, 33, cursor)
			return err
		})
		got = append(got, page...)
		if cursor == "" {
			break
		}
	}
	same(k, got, want)
	k.update(id, func(tx ports.Tx) error {
		page, _, err := tx.APITokens().List(k.ctx, lee.ID, 10, "")
		k.ok(err)
		same(k, len(page), 0)
		_, _, err = tx.APITokens().List(k.ctx, kim.ID, 10, "nonsense")
		k.fails(err, fault.Invalid, "bad_cursor")
		k.missing(tx.APITokens().Delete(k.ctx, lee.ID, want[0].ID)) // somebody else's
		k.ok(tx.APITokens().Delete(k.ctx, kim.ID, want[0].ID))
		k.missing(tx.APITokens().Delete(k.ctx, kim.ID, want[0].ID))
		return nil
	})
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.APITokens().Insert(k.ctx, tenant.APIToken{ID: k.newID("at"), User: lee.ID, Hash: k.hash(), CreatedAt: start}))
		n, err := tx.APITokens().Count(k.ctx, kim.ID)
		k.ok(err)
		same(k, n, 249)
		n, err = tx.APITokens().DeleteOf(k.ctx, kim.ID) // more than a page of them
		k.ok(err)
		same(k, n, 249)
		n, err = tx.APITokens().DeleteOf(k.ctx, kim.ID)
		k.ok(err)
		same(k, n, 0)
		n, err = tx.APITokens().Count(k.ctx, lee.ID)
		k.ok(err)
		same(k, n, 1)
		return nil
	})
	_, err := k.s.Lookup().APIGrant(k.ctx, want[1].Hash)
	k.missing(err)
	stranger := tenant.APIToken{ID: k.newID("at"), User: k.user().ID, Hash: k.hash(), CreatedAt: start}
	k.missing(k.try(id, func(tx ports.Tx) error { return tx.APITokens().Insert(k.ctx, stranger) }))
}

func ingestTokenRows(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	var want []tenant.IngestToken
	k.update(id, func(tx ports.Tx) error {
		for i := range 60 {
			t := tenant.IngestToken{ID: k.newID("it"), Name: fmt.Sprint("ci ", i), Hash: k.hash(), Display: "it_…abcd", CreatedAt: at(i / 8),
				CreatedBy: "kim@example.com"}
			if i%2 == 0 {
				t.Group, t.GroupName = g.ID, g.Name
			}
			want = append([]tenant.IngestToken{t}, want...)
			k.ok(tx.IngestTokens().Insert(k.ctx, t))
		}
		return nil
	})
	k.ok(k.s.Jobs().RecordUses(k.ctx, []ports.TokenUse{{Tenant: id, Kind: token.Ingest, ID: want[1].ID, At: at(70), Address: netip.MustParseAddr("::1")}}))
	want[1].LastAt, want[1].LastAddr = at(70), netip.MustParseAddr("::1")
	k.update(id, func(tx ports.Tx) error {
		first, next, err := tx.IngestTokens().List(k.ctx, tenant.IngestTokenQuery{Limit: 40})
		k.ok(err)
		same(k, first, want[:40])
		rest, end, err := tx.IngestTokens().List(k.ctx, tenant.IngestTokenQuery{Limit: 40, Cursor: next})
		k.ok(err)
		same(k, rest, want[40:])
		same(k, end, "")
		got, err := tx.IngestTokens().Get(k.ctx, want[1].ID)
		k.ok(err)
		same(k, got, want[1])
		k.ok(tx.IngestTokens().Delete(k.ctx, want[1].ID))
		_, err = tx.IngestTokens().Get(k.ctx, want[1].ID)
		k.missing(err)
		k.missing(tx.IngestTokens().Delete(k.ctx, want[1].ID))
		lost := want[0]
		lost.ID, lost.Hash, lost.Group = k.newID("it"), k.hash(), "gr_nosuch"
		k.missing(tx.IngestTokens().Insert(k.ctx, lost))
		return nil
	})
}

func memberRows(k *kit) {
	id, other := k.tenant(), k.tenant()
	kim, lee := k.member(id, tenant.Owner), k.member(id, tenant.Viewer)
	k.member(other, tenant.Owner)
	k.update(other, func(tx ports.Tx) error { // a person may be in several workspaces
		return tx.Members().Insert(k.ctx, tenant.Member{User: kim.ID, Role: tenant.Viewer, CreatedAt: start})
	})
	tok := tenant.APIToken{ID: k.newID("at"), User: lee.ID, Hash: k.hash(), CreatedAt: start, Scopes: []tenant.Scope{tenant.ScopeRead}}
	elsewhere := tenant.APIToken{ID: k.newID("at"), User: kim.ID, Hash: k.hash(), CreatedAt: start, Scopes: []tenant.Scope{tenant.ScopeRead}}
	k.update(id, func(tx ports.Tx) error { return tx.APITokens().Insert(k.ctx, tok) })
	k.update(other, func(tx ports.Tx) error { return tx.APITokens().Insert(k.ctx, elsewhere) })

	k.update(id, func(tx ports.Tx) error {
		got, err := tx.Members().Get(k.ctx, lee.ID)
		k.ok(err)
		same(k, got, tenant.Member{User: lee.ID, Email: lee.Email, Name: lee.Name, Role: tenant.Viewer, CreatedAt: start})
		k.fails(tx.Members().Insert(k.ctx, tenant.Member{User: lee.ID, Role: tenant.Owner}), fault.Conflict, "already_member")
		k.ok(tx.Members().SetRole(k.ctx, lee.ID, tenant.Editor))
		list, err := tx.Members().List(k.ctx)
		k.ok(err)
		same(k, len(list), 2)
		same(k, []tenant.Role{list[0].Role, list[1].Role}, []tenant.Role{tenant.Owner, tenant.Editor})
		k.ok(tx.Members().Delete(k.ctx, lee.ID))
		_, err = tx.Members().Get(k.ctx, lee.ID)
		k.missing(err)
		k.missing(tx.Members().SetRole(k.ctx, lee.ID, tenant.Owner))
		k.missing(tx.Members().Delete(k.ctx, lee.ID))
		return nil
	})
	_, err := k.s.Lookup().APIGrant(k.ctx, tok.Hash)
	k.missing(err)
	k.update(id, func(tx ports.Tx) error { return tx.Members().Delete(k.ctx, kim.ID) })
	_, err = k.s.Lookup().APIGrant(k.ctx, elsewhere.Hash)
	k.ok(err) // what it has elsewhere lives on
	k.missing(k.try(id, func(tx ports.Tx) error {
		return tx.Members().Insert(k.ctx, tenant.Member{User: "us_nosuch", Role: tenant.Owner})
	}))
}

// userHeld checks that who holds a person's row is waited for, and that one who is gone cannot be held.
func userHeld(k *kit) {
	u := k.user()
	k.missing(k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error { return tx.Users().Hold(k.ctx, "us_nosuch") }))
	first, second := make(chan struct{}), make(chan error, 1)
	var order []string
	go func() {
		<-first
		second <- k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
			if err := tx.Users().Hold(k.ctx, u.ID); err != nil {
				return err
			}
			got, err := tx.Users().Get(k.ctx, u.ID)
			order = append(order, "second sees "+got.PasswordHash)
			return err
		})
	}()
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Users().Hold(k.ctx, u.ID))
		close(first)
		for range 50 { // time for the other to come first, if it could
			_, err := tx.Users().Get(k.ctx, u.ID)
			k.ok(err)
		}
		return tx.Users().SetPassword(k.ctx, u.ID, "new")
	})
	k.ok(<-second)
	same(k, order, []string{"second sees new"})
}

func userRows(k *kit) {
	u := tenant.User{ID: "us_1", Email: "Kim@Example.com", Name: "Kim", PasswordHash: "phc", PlatformAdmin: true, CreatedAt: start, DisabledAt: at(1)}
	k.platform(func(tx ports.PlatformTx) error {
		n, err := tx.Users().Count(k.ctx)
		k.ok(err)
		same(k, n, 0)
		k.ok(tx.Users().Insert(k.ctx, u))
		again := u
		again.ID, again.Email = "us_2", " kim@example.COM"
		k.fails(tx.Users().Insert(k.ctx, again), fault.Conflict, "email_taken")
		return nil
	})
	k.platform(func(tx ports.PlatformTx) error {
		got, err := tx.Users().Get(k.ctx, u.ID)
		k.ok(err)
		same(k, got, u)
		got, err = tx.Users().ByEmail(k.ctx, "KIM@example.com ")
		k.ok(err)
		same(k, got, u)
		k.ok(tx.Users().SetPassword(k.ctx, u.ID, "other"))
		k.ok(tx.Users().SetPlatformAdmin(k.ctx, u.ID, false))
		got, err = tx.Users().Get(k.ctx, u.ID)
		k.ok(err)
		same(k, got.PasswordHash, "other")
		same(k, got.PlatformAdmin, false)
		_, err = tx.Users().Get(k.ctx, "us_nosuch")
		k.missing(err)
		_, err = tx.Users().ByEmail(k.ctx, "nosuch@example.com")
		k.missing(err)
		k.missing(tx.Users().SetPassword(k.ctx, "us_nosuch", ""))
		k.missing(tx.Users().SetPlatformAdmin(k.ctx, "us_nosuch", true))
		return nil
	})
	k.ok(k.s.Platform().View(k.ctx, func(tx ports.PlatformTx) error {
		n, err := tx.Users().Count(k.ctx)
		k.ok(err)
		same(k, n, 1)
		return nil
	}))
}

func tenantRows(k *kit) {
	t := tenant.Tenant{ID: "tn_1", Name: "Acme Ltd", TimeZone: "Europe/Paris", CreatedAt: start}
	w := ports.WrappedKeyset{KEK: "01234567", Blob: []byte{0, 1, 2}}
	k.platform(func(tx ports.PlatformTx) error {
		k.ok(tx.Tenants().Insert(k.ctx, t, w))
		again := t
		again.ID, again.Name = "tn_2", "ACME ltd"
		k.fails(tx.Tenants().Insert(k.ctx, again, w), fault.Conflict, "name_taken")

		// A workspace and its owner are made in one transaction.
		u := tenant.User{ID: "us_1", Email: "kim@example.com", CreatedAt: start}
		k.ok(tx.Users().Insert(k.ctx, u))
		k.ok(tx.In(t.ID).Members().Insert(k.ctx, tenant.Member{User: u.ID, Role: tenant.Owner, CreatedAt: start}))
		same(k, tx.In(t.ID).Tenant(), t.ID)
		same(k, tx.In(t.ID).Now(), tx.Now())
		return nil
	})
	got, err := k.s.Keysets().Keyset(k.ctx, t.ID)
	k.ok(err)
	same(k, got, w)
	ids := []tenant.ID{t.ID}
	for range 5 {
		ids = append(ids, k.tenant())
	}
	k.platform(func(tx ports.PlatformTx) error {
		got, err := tx.Tenants().Get(k.ctx, t.ID)
		k.ok(err)
		same(k, got, t)
		got, err = tx.Tenants().ByName(k.ctx, "acme LTD")
		k.ok(err)
		same(k, got, t)
		_, err = tx.Tenants().Get(k.ctx, "tn_nosuch")
		k.missing(err)
		_, err = tx.Tenants().ByName(k.ctx, "nosuch")
		k.missing(err)
		var listed []tenant.ID
		for after := tenant.ID(""); ; {
			page, err := tx.Tenants().List(k.ctx, after, 2)
			k.ok(err)
			if len(page) == 0 {
				break
			}
			for _, t := range page {
				listed = append(listed, t.ID)
			}
			after = page[len(page)-1].ID
		}
		same(k, len(listed), len(ids))
		return nil
	})
}

func workspaceRow(k *kit) {
	id, other := k.tenant(), k.tenant()
	k.update(id, func(tx ports.Tx) error {
		t, err := tx.Workspace().Get(k.ctx)
		k.ok(err)
		same(k, t.SecondFactor || !t.ConfirmedAt.IsZero(), false)
		t.Name, t.TimeZone, t.SecondFactor, t.ConfirmedAt = "New name", "Asia/Tokyo", true, at(3)
		k.ok(tx.Workspace().Update(k.ctx, t))
		got, err := tx.Workspace().Get(k.ctx)
		k.ok(err)
		same(k, got, t)
		return nil
	})
	k.fails(k.try(other, func(tx ports.Tx) error {
		return tx.Workspace().Update(k.ctx, tenant.Tenant{Name: "NEW NAME", TimeZone: "UTC"})
	}), fault.Conflict, "name_taken")
	k.view(other, func(tx ports.Tx) error {
		t, err := tx.Workspace().Get(k.ctx)
		k.ok(err)
		if !strings.HasPrefix(t.Name, "Workspace") {
			k.Fatalf("the refused name was stored: %q", t.Name)
		}
		return nil
	})
	k.missing(k.try("tn_nosuch", func(tx ports.Tx) error {
		_, err := tx.Workspace().Get(k.ctx)
		return err
	}))
	k.missing(k.try("tn_nosuch", func(tx ports.Tx) error {
		return tx.Workspace().Update(k.ctx, tenant.Tenant{Name: "x", TimeZone: "UTC"})
	}))
}

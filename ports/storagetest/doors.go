package storagetest

import (
	"net/netip"
	"time"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/audit"
	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/deploy"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func lookups(k *kit) {
	id := k.tenant()
	for range 3 { // neighbours
		n := k.tenant()
		k.pushToken(n, k.target(n, k.group(n, "www").ID).ID)
	}
	g := k.group(id, "www")
	end := at(3600)
	t := target.Target{ID: k.newID("tg"), Name: "web", Type: target.TypePull, Group: g.ID, CreatedAt: at(1), Settings: target.Settings{
		PFXPreset: cert.PresetLegacy, ExpiresAt: &end, AllowedCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Insert(k.ctx, t) })
	tok := k.pushToken(id, t.ID)
	pull := func() target.Grant {
		k.Helper()
		got, err := k.s.Lookup().PullGrant(k.ctx, tok.Hash)
		k.ok(err)
		return got
	}
	want := target.Grant{Tenant: id, Target: t.ID, Token: tok.ID, TargetExpires: end, AllowedCIDRs: t.Settings.AllowedCIDRs,
		Preset: cert.PresetLegacy, Group: g.ID}
	same(k, pull(), want)

	gen := k.current(id, g.ID)
	k.generation(id, g.ID) // staged: not theirs to get
	want.Generation, want.Number, want.HasKey, want.HasChain, want.Forms = gen.ID, gen.Number, true, true, map[group.FormKey]string{}
	same(k, pull(), want)

	k.update(id, func(tx ports.Tx) error {
		for _, f := range []group.FormKey{
			{Generation: gen.ID, Kind: group.FormBundle},
			{Generation: gen.ID, Kind: group.FormPFX, Preset: "modern", PasswordVersion: 2},
		} {
			form, err := tx.Forms().Put(k.ctx, group.Form{ID: k.newID("fm"), Group: g.ID, Key: f, Sealed: []byte("s"), CreatedAt: start})
			k.ok(err)
			want.Forms[f] = form.ID
		}
		k.ok(tx.Groups().SetPassword(k.ctx, g.ID, 2))
		return tx.PushTokens().Expire(k.ctx, tok.ID, at(77))
	})
	want.PasswordVersion, want.TokenExpires = 2, at(77)
	same(k, pull(), want) // expired or not is the caller's to judge

	gen.Key, gen.Chain = "", nil
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Forms().DropKeyed(k.ctx, gen.ID))
		return tx.Generations().Update(k.ctx, gen)
	})
	want.HasKey, want.HasChain, want.Forms = false, false, map[group.FormKey]string{}
	same(k, pull(), want)
	_, err := k.s.Lookup().PullGrant(k.ctx, k.hash())
	k.missing(err)

	it := tenant.IngestToken{ID: k.newID("it"), Name: "ci", Hash: k.hash(), Group: g.ID, CreatedAt: start}
	kim := k.member(id, tenant.Editor)
	api := tenant.APIToken{ID: k.newID("at"), User: kim.ID, Hash: k.hash(), Scopes: []tenant.Scope{tenant.ScopeExport}, CreatedAt: start, ExpiresAt: end}
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.IngestTokens().Insert(k.ctx, it))
		return tx.APITokens().Insert(k.ctx, api)
	})
	ingest, err := k.s.Lookup().IngestGrant(k.ctx, it.Hash)
	k.ok(err)
	same(k, ingest, tenant.IngestGrant{Tenant: id, Token: it.ID, Name: "ci", Group: g.ID})
	grant, err := k.s.Lookup().APIGrant(k.ctx, api.Hash)
	k.ok(err)
	same(k, grant, tenant.APIGrant{Tenant: id, Token: api.ID, User: kim.ID, Email: kim.Email, Role: tenant.Editor,
		Scopes: []tenant.Scope{tenant.ScopeExport}, Expires: end})
	for _, h := range [][32]byte{it.Hash, tok.Hash} { // a token of one sort is none of another
		_, err = k.s.Lookup().APIGrant(k.ctx, h)
		k.missing(err)
	}
	_, err = k.s.Lookup().IngestGrant(k.ctx, api.Hash)
	k.missing(err)
}

func keysetRows(k *kit) {
	ks := k.s.Keysets()
	has, err := ks.HasKeysets(k.ctx)
	k.ok(err)
	same(k, has, false)
	_, err = ks.Keyset(k.ctx, "")
	k.missing(err)

	mine := ports.WrappedKeyset{KEK: "aaaaaaaa", Blob: []byte{0, 1}}
	got, err := ks.PutPlatformKeyset(k.ctx, mine)
	k.ok(err)
	same(k, got, mine)
	got, err = ks.PutPlatformKeyset(k.ctx, ports.WrappedKeyset{KEK: "bbbbbbbb", Blob: []byte{2}})
	k.ok(err)
	same(k, got, mine) // the first stays

	for _, id := range []string{"bbbbbbbb", "aaaaaaaa", "aaaaaaaa"} {
		k.ok(ks.PutKEK(k.ctx, ports.KEKCheck{ID: id, Check: []byte(id)}))
	}
	k.ok(ks.PutKEK(k.ctx, ports.KEKCheck{ID: "aaaaaaaa", Check: []byte("other")}))
	keks, err := ks.KEKs(k.ctx)
	k.ok(err)
	same(k, keks, []ports.KEKCheck{{ID: "aaaaaaaa", Check: []byte("aaaaaaaa")}, {ID: "bbbbbbbb", Check: []byte("bbbbbbbb")}})

	var want []ports.KeysetRow
	for range 5 {
		id := k.tenant()
		want = append(want, ports.KeysetRow{Tenant: id, Wrapped: ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte(id)}})
	}
	var listed []ports.KeysetRow
	for after := tenant.ID(""); ; {
		page, err := ks.ListKeysets(k.ctx, "0badcafe", after, 2)
		k.ok(err)
		if len(page) == 0 {
			break
		}
		listed = append(listed, page...)
		after = page[len(page)-1].Tenant
	}
	same(k, listed, want)
	page, err := ks.ListKeysets(k.ctx, "aaaaaaaa", "", 10)
	k.ok(err)
	same(k, page, []ports.KeysetRow{{Tenant: "", Wrapped: mine}}) // the platform's own is among them

	next := ports.WrappedKeyset{KEK: "aaaaaaaa", Blob: []byte("next")}
	for i, want0 := range []bool{true, false} { // the second finds that it was changed already
		was, err := ks.ReplaceKeyset(k.ctx, want[0].Tenant, want[0].Wrapped, next)
		k.ok(err)
		if was != want0 {
			k.Fatalf("replacement %d: got %v", i, was)
		}
	}
	got, err = ks.Keyset(k.ctx, want[0].Tenant)
	k.ok(err)
	same(k, got, next)

	// The sealer may be asked inside an open transaction.
	k.update(want[1].Tenant, func(ports.Tx) error {
		got, err := ks.Keyset(k.ctx, want[1].Tenant)
		k.ok(err)
		same(k, got, want[1].Wrapped)
		return nil
	})
}

func shred(k *kit) {
	id, other := k.tenant(), k.tenant()
	name := "Workspace " + string(id)
	tokens := map[tenant.ID][3][32]byte{}
	for _, of := range []tenant.ID{id, other} {
		g := k.group(of, "www")
		k.current(of, g.ID)
		push := k.pushToken(of, k.target(of, g.ID).ID)
		kim := k.member(of, tenant.Owner)
		it := tenant.IngestToken{ID: k.newID("it"), Hash: k.hash(), CreatedAt: start}
		api := tenant.APIToken{ID: k.newID("at"), User: kim.ID, Hash: k.hash(), CreatedAt: start}
		k.update(of, func(tx ports.Tx) error {
			k.ok(tx.IngestTokens().Insert(k.ctx, it))
			return tx.APITokens().Insert(k.ctx, api)
		})
		tokens[of] = [3][32]byte{push.Hash, it.Hash, api.Hash}
	}
	before := k.epoch()
	k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, id) })
	if k.epoch() == before {
		k.Fatal("the epoch stands still")
	}
	lookup := func(of tenant.ID, check func(error)) {
		_, err := k.s.Lookup().PullGrant(k.ctx, tokens[of][0])
		check(err)
		_, err = k.s.Lookup().IngestGrant(k.ctx, tokens[of][1])
		check(err)
		_, err = k.s.Lookup().APIGrant(k.ctx, tokens[of][2])
		check(err)
		_, err = k.s.Keysets().Keyset(k.ctx, of)
		check(err)
	}
	lookup(id, k.missing)
	lookup(other, k.ok)
	k.platform(func(tx ports.PlatformTx) error {
		_, err := tx.Tenants().Get(k.ctx, id)
		k.missing(err)
		_, err = tx.Tenants().ByName(k.ctx, name)
		k.missing(err)
		k.missing(tx.Tenants().Shred(k.ctx, id))
		list, err := tx.Tenants().List(k.ctx, "", 10)
		k.ok(err)
		same(k, len(list), 1)
		t := tenant.Tenant{ID: "tn_new", Name: name, TimeZone: "UTC", CreatedAt: start} // the name is free again
		return tx.Tenants().Insert(k.ctx, t, ports.WrappedKeyset{KEK: "0badcafe", Blob: []byte("b")})
	})
	k.view(id, func(tx ports.Tx) error {
		list, err := tx.Members().List(k.ctx)
		k.ok(err)
		same(k, len(list), 0)
		return nil
	})
	k.missing(k.try(id, func(tx ports.Tx) error {
		_, err := tx.Workspace().Get(k.ctx)
		return err
	}))
}

func sweep(k *kit) {
	id, other := k.tenant(), k.tenant()
	now := time.Now().UTC() // the store's own clock stamps reservations
	for _, of := range []tenant.ID{id, other} {
		g := k.group(of, "www")
		for range 5 {
			k.current(of, g.ID)
		}
		lb := k.deployTarget(of, g.ID)
		for range 3 {
			k.deployed(of, lb, 1, deploy.Serving)
		}
		t := k.target(of, g.ID)
		k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{{Tenant: of, Target: t.ID, Token: k.pushToken(of, t.ID).ID, At: at(1), Kind: group.FormCert}}))
		k.update(of, func(tx ports.Tx) error {
			_, _, err := tx.Audit().Last(k.ctx)
			k.ok(err)
			return tx.Audit().Insert(k.ctx, entry(1))
		})
		k.reserve(of, "one", "body", time.Minute, day)
	}
	g := k.group(other, "mail")
	t := k.target(other, g.ID)
	old, fresh, alive := k.pushToken(other, t.ID), k.pushToken(other, t.ID), k.pushToken(other, t.ID)
	k.update(other, func(tx ports.Tx) error {
		k.ok(tx.PushTokens().Expire(k.ctx, old.ID, now.Add(-8*day)))
		return tx.PushTokens().Expire(k.ctx, fresh.ID, now.Add(-6*day))
	})
	k.platform(func(tx ports.PlatformTx) error { return tx.Tenants().Shred(k.ctx, id) })

	rounds, total := 0, 0
	for ; ; rounds++ {
		n, err := k.s.Jobs().Sweep(k.ctx, now, 2)
		k.ok(err)
		if total += n; n == 0 {
			break
		}
		if rounds > 200 {
			k.Fatal("sweeping does not end")
		}
	}
	if rounds < 2 || total < 10 {
		k.Fatalf("%d rows in %d rounds: neither bounded nor whole", total, rounds)
	}
	same(k, len(k.find(id, artifact.Query{})), 0)
	k.view(other, func(tx ports.Tx) error {
		list, err := tx.PushTokens().List(k.ctx, t.ID)
		k.ok(err)
		same(k, len(list), 2)
		same(k, []string{list[0].ID, list[1].ID}, []string{alive.ID, fresh.ID})
		entries, err := tx.Audit().List(k.ctx, audit.Query{})
		k.ok(err)
		same(k, len(entries), 1)
		counts, err := tx.Summary().Counts(k.ctx)
		k.ok(err)
		same(k, counts.Targets, 3)
		return nil
	})
	same(k, len(k.find(other, artifact.Query{})), 15)
	same(k, k.reserve(other, "two", "body", time.Minute, day).Granted, false)
	k.ok(k.s.Jobs().ReleaseKeys(k.ctx))
	same(k, k.reserve(other, "two", "body", time.Minute, day).Granted, true)
	k.update(other, func(tx ports.Tx) error { return tx.Idempotency().Finish(k.ctx, "k", "two", 201, []byte("sealed")) })
	k.ok(k.s.Jobs().ReleaseKeys(k.ctx)) // what was done stays
	same(k, k.reserve(other, "three", "body", time.Minute, day).Granted, false)
	_, err := k.s.Jobs().Sweep(k.ctx, now.Add(2*day), 2)
	k.ok(err)
	same(k, k.reserve(other, "three", "body", time.Minute, day).Granted, true)
}

package storagetest

import (
	"fmt"
	"sync"

	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

// insertTenant stores a workspace with a keyset under kek.
func (k *kit) insertTenant(id tenant.ID, kek string) error {
	return k.s.Platform().Update(k.ctx, func(tx ports.PlatformTx) error {
		t := tenant.Tenant{ID: id, Name: "Workspace " + string(id), TimeZone: "UTC", CreatedAt: start}
		return tx.Tenants().Insert(k.ctx, t, ports.WrappedKeyset{KEK: kek, Blob: []byte(id)})
	})
}

func retiredKEKs(k *kit) {
	ks := k.s.Keysets()
	for _, id := range []string{"aaaaaaaa", "bbbbbbbb"} {
		k.ok(ks.PutKEK(k.ctx, ports.KEKCheck{ID: id, Check: []byte(id)}))
	}
	retire := func(id string, want bool) {
		k.Helper()
		got, err := ks.RetireKEK(k.ctx, id)
		k.ok(err)
		same(k, got, want)
	}
	_, err := ks.RetireKEK(k.ctx, "cccccccc")
	k.missing(err)

	// A KEK that wraps something is not retired, and goes on to wrap.
	one, two := tenant.ID(k.newID("tn")), tenant.ID(k.newID("tn"))
	k.ok(k.insertTenant(one, "aaaaaaaa"))
	retire("aaaaaaaa", false)
	k.ok(k.insertTenant(two, "aaaaaaaa"))
	keks, err := ks.KEKs(k.ctx)
	k.ok(err)
	same(k, keks[0].Retired, false)

	old := func(id tenant.ID) ports.WrappedKeyset { return ports.WrappedKeyset{KEK: "aaaaaaaa", Blob: []byte(id)} }
	next := ports.WrappedKeyset{KEK: "bbbbbbbb", Blob: []byte("next")}
	for _, id := range []tenant.ID{one, two} {
		retire("aaaaaaaa", false)
		_, err := ks.ReplaceKeyset(k.ctx, id, old(id), next)
		k.ok(err)
	}
	retire("aaaaaaaa", true)
	retire("aaaaaaaa", true) // a prune that was cut off asks again

	// Nothing is stored under it any more.
	retired := func(err error) { k.Helper(); k.fails(err, fault.Conflict, "kek_retired") }
	late := tenant.ID(k.newID("tn"))
	retired(k.insertTenant(late, "aaaaaaaa"))
	_, err = ks.Keyset(k.ctx, late)
	k.missing(err)
	_, err = ks.ReplaceKeyset(k.ctx, one, next, old(one))
	retired(err)
	got, err := ks.Keyset(k.ctx, one)
	k.ok(err)
	same(k, got, next)
	_, err = ks.PutPlatformKeyset(k.ctx, old(""))
	retired(err)
	_, err = ks.Keyset(k.ctx, "")
	k.missing(err)
	k.ok(k.insertTenant(late, "bbbbbbbb")) // the fresh keyset

	// It stays known, so that its id is not given out again, and entering it anew does not revive it.
	k.ok(ks.PutKEK(k.ctx, ports.KEKCheck{ID: "aaaaaaaa", Check: []byte("other")}))
	keks, err = ks.KEKs(k.ctx)
	k.ok(err)
	same(k, keks, []ports.KEKCheck{{ID: "aaaaaaaa", Check: []byte("aaaaaaaa"), Retired: true}, {ID: "bbbbbbbb", Check: []byte("bbbbbbbb")}})
	retired(k.insertTenant(tenant.ID(k.newID("tn")), "aaaaaaaa"))
	has, err := ks.PutPlatformKeyset(k.ctx, next)
	k.ok(err)
	same(k, has, next)
	has, err = ks.PutPlatformKeyset(k.ctx, old("")) // nothing to store: the one that is there serves
	k.ok(err)
	same(k, has, next)
}

// retireRace has keysets stored while their KEK is retired: every one that was stored kept the KEK alive.
func retireRace(k *kit) {
	ks := k.s.Keysets()
	for round := range 30 {
		kek := fmt.Sprintf("%08x", round)
		k.ok(ks.PutKEK(k.ctx, ports.KEKCheck{ID: kek, Check: []byte("c")}))
		ids := []tenant.ID{tenant.ID(k.newID("tn")), tenant.ID(k.newID("tn")), tenant.ID(k.newID("tn"))}
		var wg sync.WaitGroup
		var retired bool
		for i, id := range ids {
			if i == 1 {
				wg.Go(func() {
					var err error
					if retired, err = ks.RetireKEK(k.ctx, kek); err != nil {
						k.Error(err)
					}
				})
			}
			wg.Go(func() {
				if err := k.insertTenant(id, kek); err != nil && fault.CodeOf(err) != "kek_retired" {
					k.Error(err)
				}
			})
		}
		wg.Wait()
		rows, err := ks.ListKeysets(k.ctx, kek, "", 10)
		k.ok(err)
		if retired && len(rows) > 0 {
			k.Fatalf("the KEK was retired and wraps %d keysets", len(rows))
		}
		if !retired && len(rows) == 0 {
			k.Fatal("neither retired nor used")
		}
	}
}

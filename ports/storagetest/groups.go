package storagetest

import (
	"fmt"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/tenant"
	"github.com/ignisfox/ignisfox/ports"
)

func groupRows(k *kit) {
	id, other := k.tenant(), k.tenant()
	g := k.group(id, "www.Example.com")
	k.group(other, "www.example.com") // names are the tenant's own
	k.update(id, func(tx ports.Tx) error {
		got, err := tx.Groups().Get(k.ctx, g.ID)
		k.ok(err)
		same(k, got, g)
		got, err = tx.Groups().ByName(k.ctx, " WWW.example.COM ")
		k.ok(err)
		same(k, got, g)
		got, err = tx.Groups().Lock(k.ctx, g.ID)
		k.ok(err)
		same(k, got, g)

		again := group.Group{ID: k.newID("gr"), Name: "WWW.EXAMPLE.COM", CreatedAt: start}
		k.fails(tx.Groups().Insert(k.ctx, again), fault.Conflict, "name_taken") // and the transaction goes on
		k.ok(tx.Groups().Rename(k.ctx, g.ID, "WWW.example.com"))                // its own name, in another case
		k.ok(tx.Groups().Rename(k.ctx, g.ID, "Shop"))
		got, err = tx.Groups().ByName(k.ctx, "shop")
		k.ok(err)
		same(k, got.Name, "Shop")
		_, err = tx.Groups().ByName(k.ctx, "www.example.com")
		k.missing(err)
		_, err = tx.Groups().ByName(k.ctx, "")
		k.missing(err)
		return nil
	})
	mail := k.group(id, "mail")
	k.update(id, func(tx ports.Tx) error {
		k.fails(tx.Groups().Rename(k.ctx, mail.ID, "SHOP"), fault.Conflict, "name_taken")
		_, err := tx.Groups().Get(k.ctx, "gr_nosuch")
		k.missing(err)
		_, err = tx.Groups().Lock(k.ctx, "gr_nosuch")
		k.missing(err)
		_, err = tx.Groups().NextNumber(k.ctx, "gr_nosuch")
		k.missing(err)
		k.missing(tx.Groups().Rename(k.ctx, "gr_nosuch", "x"))
		k.missing(tx.Groups().SetPassword(k.ctx, "gr_nosuch", 1))
		k.missing(tx.Groups().Point(k.ctx, "gr_nosuch", 0))
		k.missing(tx.Groups().Delete(k.ctx, "gr_nosuch"))
		return nil
	})
	k.missing(k.try(id, func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, mail.ID, 7) }))

	first, second := k.current(id, g.ID), k.generation(id, g.ID)
	k.target(id, g.ID)
	row := k.cert("row")
	row.Group = g.ID
	k.store(id, row)
	k.update(id, func(tx ports.Tx) error {
		waiting := second
		waiting.ID, waiting.Key, waiting.Chain = k.newID("gn"), "", nil
		var err error
		waiting.Number, err = tx.Groups().NextNumber(k.ctx, g.ID)
		k.ok(err)
		same(k, waiting.Number, 3)
		k.ok(tx.Generations().Insert(k.ctx, waiting))
		got, err := tx.Groups().Get(k.ctx, g.ID)
		k.ok(err)
		want := g
		want.Name, want.Current, want.Generations, want.Waiting, want.Staged = "Shop", first.Number, 3, 1, 1
		want.HasKey, want.Targets, want.Artifacts, want.NotBefore, want.NotAfter = true, 1, 1, start, at(1e6) // as kit.cert makes leaves
		same(k, got, want)
		k.ok(tx.Groups().Point(k.ctx, g.ID, 0))
		got, err = tx.Groups().Get(k.ctx, g.ID)
		k.ok(err)
		same(k, got.Current, 0)
		same(k, got.HasKey, false)
		same(k, []bool{got.NotBefore.IsZero(), got.NotAfter.IsZero()}, []bool{true, true})
		return nil
	})

	// The rows' place in a list sorted by group follows the name.
	early := k.cert("early")
	early.Group = mail.ID
	k.store(id, early)
	q := artifact.Query{Sort: artifact.SortGroup, Group: mail.ID}
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Rename(k.ctx, mail.ID, "zz mail") })
	all := k.find(id, artifact.Query{Sort: artifact.SortGroup})
	same(k, all[len(all)-1], early.ID)
	same(k, k.find(id, q), []artifact.ID{early.ID})
}

func groupDelete(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	gen := k.current(id, g.ID)
	row := k.cert("row")
	row.Group, row.GroupName = g.ID, g.Name
	k.store(id, row)
	f := group.Form{ID: k.newID("fm"), Group: g.ID, Key: group.FormKey{Generation: gen.ID, Kind: group.FormBundle}, Sealed: []byte("s"), CreatedAt: start}
	k.update(id, func(tx ports.Tx) error {
		_, err := tx.Forms().Put(k.ctx, f)
		k.ok(err)
		return tx.Groups().AddPassword(k.ctx, group.Password{ID: k.newID("pw"), Group: g.ID, Version: 1, Sealed: []byte("p")}, []byte("mac"))
	})
	t := k.target(id, g.ID)
	k.fails(k.try(id, func(tx ports.Tx) error { return tx.Groups().Delete(k.ctx, g.ID) }), fault.Conflict, "group_has_targets")
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Delete(k.ctx, t.ID) })

	// A token that may write only into this group must not become one that may write anywhere.
	tok := tenant.IngestToken{ID: k.newID("it"), Name: "ci", Hash: k.hash(), Display: "it_…abcd", Group: g.ID, CreatedAt: start}
	k.update(id, func(tx ports.Tx) error { return tx.IngestTokens().Insert(k.ctx, tok) })
	k.fails(k.try(id, func(tx ports.Tx) error { return tx.Groups().Delete(k.ctx, g.ID) }), fault.Conflict, "group_has_ingest_tokens")
	k.update(id, func(tx ports.Tx) error { return tx.IngestTokens().Delete(k.ctx, tok.ID) })

	k.update(id, func(tx ports.Tx) error { return tx.Groups().Delete(k.ctx, g.ID) })
	k.view(id, func(tx ports.Tx) error {
		_, err := tx.Groups().Get(k.ctx, g.ID)
		k.missing(err)
		_, err = tx.Generations().Get(k.ctx, g.ID, gen.Number)
		k.missing(err)
		_, err = tx.Forms().Get(k.ctx, f.ID)
		k.missing(err)
		pws, err := tx.Groups().Passwords(k.ctx, g.ID, 10)
		k.ok(err)
		same(k, len(pws), 0)
		got, err := tx.Artifacts().Get(k.ctx, row.ID)
		k.ok(err)
		same(k, got.Group+got.GroupName, "")
		_, err = tx.Artifacts().Get(k.ctx, gen.Leaf)
		return err
	})
	same(k, len(k.find(id, artifact.Query{Group: "none"})), 4)
}

func groupLists(k *kit) {
	id := k.tenant()
	k.group(k.tenant(), "other")
	var want []string
	k.update(id, func(tx ports.Tx) error {
		for i := range 250 {
			g := group.Group{ID: k.newID("gr"), Name: fmt.Sprintf("www%d.Example.com", i), CreatedAt: at(i / 9)}
			if i%50 == 0 {
				g.Name = fmt.Sprintf("special-%d", i)
			}
			k.ok(tx.Groups().Insert(k.ctx, g))
			want = append([]string{g.Name}, want...)
		}
		return nil
	})
	list := func(q group.Query) (names []string) {
		for {
			var page group.Page
			k.view(id, func(tx ports.Tx) (err error) {
				page, err = tx.Groups().List(k.ctx, q)
				return err
			})
			for _, g := range page.Items {
				names = append(names, g.Name)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return names
			}
		}
	}
	same(k, list(group.Query{}), want)
	same(k, list(group.Query{Limit: 3}), want)
	same(k, list(group.Query{Word: "special", Limit: 2}), []string{"special-200", "special-150", "special-100", "special-50", "special-0"})
	same(k, list(group.Query{Word: "www249.ex"}), []string{"www249.Example.com"})
	same(k, len(list(group.Query{Word: "example"})), 245)
	same(k, list(group.Query{Word: "xample"}), nil)
	k.view(id, func(tx ports.Tx) error {
		_, err := tx.Groups().List(k.ctx, group.Query{Cursor: "nonsense"})
		k.fails(err, fault.Invalid, "bad_cursor")
		return nil
	})
}

func groupPasswords(k *kit) {
	id := k.tenant()
	g, other := k.group(id, "www"), k.group(id, "mail")
	var want []group.Password
	for v := 1; v <= 3; v++ {
		p := group.Password{ID: k.newID("pw"), Group: g.ID, Version: v, Sealed: []byte{byte(v), 0}}
		k.update(id, func(tx ports.Tx) error {
			k.ok(tx.Groups().AddPassword(k.ctx, p, []byte{0, byte(v)}))
			return tx.Groups().SetPassword(k.ctx, g.ID, v)
		})
		want = append([]group.Password{p}, want...)
	}
	k.update(id, func(tx ports.Tx) error {
		got, err := tx.Groups().Passwords(k.ctx, g.ID, 2)
		k.ok(err)
		same(k, got, want[:2])
		got, err = tx.Groups().Passwords(k.ctx, other.ID, 2)
		k.ok(err)
		same(k, len(got), 0)
		for _, p := range want { // each version is found by its number and by its fingerprint, in its own group alone
			one, err := tx.Groups().Password(k.ctx, g.ID, p.Version)
			k.ok(err)
			same(k, one, p)
			one, err = tx.Groups().FindPassword(k.ctx, g.ID, []byte{0, byte(p.Version)})
			k.ok(err)
			same(k, one, p)
			_, err = tx.Groups().Password(k.ctx, other.ID, p.Version)
			k.missing(err)
			_, err = tx.Groups().FindPassword(k.ctx, other.ID, []byte{0, byte(p.Version)})
			k.missing(err)
		}
		_, err = tx.Groups().Password(k.ctx, g.ID, 4)
		k.missing(err)
		_, err = tx.Groups().FindPassword(k.ctx, g.ID, []byte{0})
		k.missing(err)
		again := group.Password{ID: k.newID("pw"), Group: g.ID, Version: 3}
		k.fails(tx.Groups().AddPassword(k.ctx, again, []byte{9}), fault.Conflict, "version_taken")
		again.Version = 4
		k.fails(tx.Groups().AddPassword(k.ctx, again, []byte{0, 2}), fault.Conflict, "version_taken")
		again.Group, again.Version = other.ID, 1 // another group may have the same
		k.ok(tx.Groups().AddPassword(k.ctx, again, []byte{0, 2}))
		gr, err := tx.Groups().Get(k.ctx, g.ID)
		k.ok(err)
		same(k, gr.PasswordVersion, 3)
		return tx.Groups().SetPassword(k.ctx, g.ID, 0)
	})
	k.missing(k.try(id, func(tx ports.Tx) error {
		return tx.Groups().AddPassword(k.ctx, group.Password{ID: k.newID("pw"), Group: "gr_nosuch", Version: 1}, []byte("mac"))
	}))
}

package storagetest

import (
	"slices"

	"github.com/ignisfox/ignisfox/core/artifact"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

func generationRows(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	one := k.generation(id, g.ID)
	two := k.generation(id, g.ID)
	two.Missing, two.MissingHash = "Some CA", k.hex()
	two.Blocked = []group.Reason{{Code: group.ReasonExpired}, {Code: group.ReasonNamesMissing, Names: []string{"a", "b"}}}
	two.ActivatedAt = at(99)
	two.Chain = []artifact.ID{one.Chain[0], two.Chain[0], one.Leaf}
	k.update(id, func(tx ports.Tx) error {
		k.ok(tx.Generations().Update(k.ctx, two))
		got, err := tx.Generations().Get(k.ctx, g.ID, 2)
		k.ok(err)
		same(k, got, two)
		k.ok(tx.Groups().Point(k.ctx, g.ID, 1))
		list, err := tx.Generations().List(k.ctx, g.ID)
		k.ok(err)
		cur := one
		cur.Current = true
		same(k, list, []group.Generation{two, cur})

		taken := two
		taken.ID = k.newID("gn")
		k.fails(tx.Generations().Insert(k.ctx, taken), fault.Conflict, "")
		_, err = tx.Generations().Get(k.ctx, g.ID, 3)
		k.missing(err)
		k.missing(tx.Generations().Delete(k.ctx, g.ID, 3))
		gone := two
		gone.ID = "gn_nosuch"
		k.missing(tx.Generations().Update(k.ctx, gone))
		return nil
	})
	// What never changes is not changed by Update.
	bent := two
	bent.Number, bent.Leaf, bent.LeafSPKI, bent.Key, bent.Chain = 9, one.Leaf, "x", "", nil
	k.update(id, func(tx ports.Tx) error { return tx.Generations().Update(k.ctx, bent) })
	want := two
	want.Key, want.Chain = "", nil
	k.view(id, func(tx ports.Tx) error {
		got, err := tx.Generations().Get(k.ctx, g.ID, 2)
		k.ok(err)
		same(k, got, want)
		return nil
	})

	// The group never points at nothing.
	k.fails(k.try(id, func(tx ports.Tx) error { return tx.Generations().Delete(k.ctx, g.ID, 1) }), fault.Conflict, "")
	f := group.Form{ID: k.newID("fm"), Group: g.ID, Key: group.FormKey{Generation: two.ID, Kind: group.FormCert}, Sealed: []byte("s"), CreatedAt: start}
	k.update(id, func(tx ports.Tx) error {
		_, err := tx.Forms().Put(k.ctx, f)
		k.ok(err)
		k.ok(tx.Generations().Delete(k.ctx, g.ID, 2))
		_, err = tx.Forms().Get(k.ctx, f.ID)
		k.missing(err)
		n, err := tx.Groups().NextNumber(k.ctx, g.ID)
		k.ok(err)
		same(k, n, 3) // a number is never given twice
		return nil
	})
	for _, broken := range []func(*group.Generation){
		func(n *group.Generation) { n.Group = "gr_nosuch" },
		func(n *group.Generation) { n.Leaf = "ar_nosuch" },
		func(n *group.Generation) { n.Key = "ar_nosuch" },
		func(n *group.Generation) { n.Chain = []artifact.ID{"ar_nosuch"} },
	} {
		n := one
		n.ID, n.Number = k.newID("gn"), 50
		broken(&n)
		k.missing(k.try(id, func(tx ports.Tx) error { return tx.Generations().Insert(k.ctx, n) }))
	}
	var many []int
	for range 12 {
		many = append([]int{k.generation(id, g.ID).Number}, many...)
	}
	k.view(id, func(tx ports.Tx) error {
		list, err := tx.Generations().List(k.ctx, g.ID)
		k.ok(err)
		same(k, numbers(list), append(many, 1))
		return nil
	})
}

func numbers(gs []group.Generation) (out []int) {
	for _, g := range gs {
		out = append(out, g.Number)
	}
	return out
}

func generationIDs(gs []group.Generation) (out []string) {
	for _, g := range gs {
		out = append(out, g.ID)
	}
	return out
}

func generationFinders(k *kit) {
	id := k.tenant()
	www, mail := k.group(id, "www"), k.group(id, "mail")
	leaf, issuer := k.cert("leaf"), k.hex()
	k.store(id, leaf)
	insert := func(groupID string, key artifact.ID, missing string) group.Generation {
		g := group.Generation{ID: k.newID("gn"), Group: groupID, Leaf: leaf.ID, LeafSPKI: leaf.SPKI, Key: key, MissingHash: missing,
			Source: artifact.SourceUpload, CreatedAt: at(k.n)}
		k.update(id, func(tx ports.Tx) (err error) {
			if g.Number, err = tx.Groups().NextNumber(k.ctx, groupID); err != nil {
				return err
			}
			return tx.Generations().Insert(k.ctx, g)
		})
		return g
	}
	waitsWWW, waitsMail := insert(www.ID, "", issuer), insert(mail.ID, "", "")
	key := k.key("key")
	k.store(id, key)
	whole := insert(www.ID, key.ID, issuer)
	busy := k.generation(id, www.ID)
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, www.ID, whole.Number) })
	k.target(id, www.ID)

	k.view(id, func(tx ports.Tx) error {
		got, err := tx.Generations().WaitingFor(k.ctx, leaf.SPKI, "")
		k.ok(err)
		same(k, generationIDs(got), []string{waitsWWW.ID, waitsMail.ID})
		got, err = tx.Generations().WaitingFor(k.ctx, leaf.SPKI, mail.ID)
		k.ok(err)
		same(k, generationIDs(got), []string{waitsMail.ID})
		got, err = tx.Generations().WaitingFor(k.ctx, k.hex(), "")
		k.ok(err)
		same(k, len(got), 0)

		got, err = tx.Generations().MissingIssuer(k.ctx, issuer) // only current ones
		k.ok(err)
		same(k, generationIDs(got), []string{whole.ID})
		got, err = tx.Generations().MissingIssuer(k.ctx, "")
		k.ok(err)
		same(k, len(got), 0)

		for a, want := range map[artifact.ID][]string{
			leaf.ID: {waitsWWW.ID, waitsMail.ID, whole.ID}, key.ID: {whole.ID}, busy.Chain[0]: {busy.ID}, "ar_nosuch": nil,
		} {
			got, err = tx.Generations().Using(k.ctx, a)
			k.ok(err)
			same(k, generationIDs(got), want)
		}
		uses, err := tx.Generations().Uses(k.ctx, []artifact.ID{leaf.ID, key.ID, busy.Chain[0], busy.Chain[0], "ar_nosuch"}, 9)
		k.ok(err)
		want := []group.Use{
			{Group: mail.ID, GroupName: "mail", Number: 1, State: group.Waiting, As: group.AsLeaf},
			{Group: www.ID, GroupName: "www", Number: 1, State: group.Waiting, As: group.AsLeaf},
			{Group: www.ID, GroupName: "www", Number: 2, State: group.Current, As: group.AsKey, Targets: 1},
			{Group: www.ID, GroupName: "www", Number: 2, State: group.Current, As: group.AsLeaf, Targets: 1},
			{Group: www.ID, GroupName: "www", Number: 3, State: group.Staged, As: group.AsChain},
		}
		same(k, uses, want)
		uses, err = tx.Generations().Uses(k.ctx, []artifact.ID{leaf.ID}, 2)
		k.ok(err)
		same(k, uses, want[:2])
		uses, err = tx.Generations().Uses(k.ctx, []artifact.ID{"ar_nosuch"}, 2)
		k.ok(err)
		same(k, len(uses), 0)
		return nil
	})

	// What targets were last seen with.
	a, b := k.target(id, www.ID), k.target(id, www.ID)
	elsewhere := k.target(id, mail.ID)
	k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{
		{Tenant: id, Target: a.ID, At: at(1), Kind: group.FormBundle, Generation: 2},
		{Tenant: id, Target: a.ID, At: at(2), Kind: group.FormCert, Generation: 3},
		{Tenant: id, Target: b.ID, At: at(1), Kind: group.FormCert, Generation: 1},
		{Tenant: id, Target: elsewhere.ID, At: at(1), Kind: group.FormCert, Generation: 9},
	}))
	k.view(id, func(tx ports.Tx) error {
		got, err := tx.Generations().OnTargets(k.ctx, www.ID)
		k.ok(err)
		slices.Sort(got)
		same(k, got, []int{1, 2, 3})
		return nil
	})
}

func formRows(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	gen := k.current(id, g.ID)
	key := group.FormKey{Generation: gen.ID, Kind: group.FormPFX, Preset: "modern", PasswordVersion: 2}
	first := group.Form{ID: k.newID("fm"), Group: g.ID, Key: key, Sealed: []byte("first"), CreatedAt: at(1)}
	second := group.Form{ID: k.newID("fm"), Group: g.ID, Key: key, Sealed: []byte("second"), CreatedAt: at(2)}
	open := group.Form{ID: k.newID("fm"), Group: g.ID, Key: group.FormKey{Generation: gen.ID, Kind: group.FormChain}, Sealed: []byte("chain"), CreatedAt: at(3)}
	k.update(id, func(tx ports.Tx) error {
		for _, f := range []group.Form{first, second, first} { // the first wins
			got, err := tx.Forms().Put(k.ctx, f)
			k.ok(err)
			same(k, got, first)
		}
		_, err := tx.Forms().Put(k.ctx, open)
		return err
	})
	k.update(id, func(tx ports.Tx) error {
		got, err := tx.Forms().Get(k.ctx, first.ID)
		k.ok(err)
		same(k, got, first)
		got, err = tx.Forms().Find(k.ctx, key)
		k.ok(err)
		same(k, got, first)
		_, err = tx.Forms().Get(k.ctx, second.ID)
		k.missing(err)
		for _, other := range []group.FormKey{
			{Generation: gen.ID, Kind: group.FormPFX, Preset: "legacy", PasswordVersion: 2},
			{Generation: gen.ID, Kind: group.FormPFX, Preset: "modern", PasswordVersion: 1},
			{Generation: gen.ID, Kind: group.FormCert}, {Generation: "gn_nosuch", Kind: group.FormChain},
		} {
			_, err = tx.Forms().Find(k.ctx, other)
			k.missing(err)
		}
		k.ok(tx.Forms().DropKeyed(k.ctx, gen.ID))
		_, err = tx.Forms().Find(k.ctx, key)
		k.missing(err)
		got, err = tx.Forms().Find(k.ctx, open.Key)
		k.ok(err)
		same(k, got, open)
		return nil
	})
	lost := first
	lost.ID, lost.Key.Generation = k.newID("fm"), "gn_nosuch"
	k.missing(k.try(id, func(tx ports.Tx) error {
		_, err := tx.Forms().Put(k.ctx, lost)
		return err
	}))
}

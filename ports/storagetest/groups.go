package storagetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

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
		staged := second
		staged.Blocked = []group.Reason{{Code: group.ReasonNamesMissing, Names: []string{`"code":"weak_key"`}}}
		k.ok(tx.Generations().Update(k.ctx, staged))
		got, err = tx.Groups().Get(k.ctx, g.ID)
		k.ok(err)
		same(k, []int{got.Staged, got.Unfit}, []int{1, 0})
		staged.Blocked = append(staged.Blocked, group.Reason{Code: group.ReasonWeakKey})
		k.ok(tx.Generations().Update(k.ctx, staged))
		got, err = tx.Groups().Get(k.ctx, g.ID)
		k.ok(err)
		same(k, []int{got.Staged, got.Unfit}, []int{1, 1})
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

// groupSorts holds every sort, with and without filters, against sorting what is known of the groups.
func groupSorts(k *kit) {
	id := k.tenant()
	elsewhere := k.tenant()
	k.current(elsewhere, k.group(elsewhere, "theirs").ID)
	var rows []group.Group
	for i := range 40 {
		g := k.group(id, fmt.Sprintf("%c group <&> %02d", 'A'+rune(i*7%5)+rune(32*(i%2)), i)) // in both cases
		if i%4 != 0 {
			k.currentEnding(id, &g, at(500+i*11%7), i%3 > 0)
		}
		rows = append(rows, g)
	}
	moved := &rows[1]
	k.currentEnding(id, moved, at(400), true) // the pointer moved: the end with it
	off := &rows[2]
	k.update(id, func(tx ports.Tx) error { return tx.Groups().Point(k.ctx, off.ID, 0) })
	off.HasKey, off.NotAfter = false, time.Time{}

	orders := map[group.Sort]func(a, b group.Group) int{
		group.SortNewest: func(a, b group.Group) int { return b.CreatedAt.Compare(a.CreatedAt) },
		group.SortName:   func(a, b group.Group) int { return compareFolded(a.Name, b.Name) },
		group.SortExpiry: func(a, b group.Group) int {
			return expiry(artifact.Artifact{NotAfter: a.NotAfter}).Compare(expiry(artifact.Artifact{NotAfter: b.NotAfter}))
		},
	}
	for sort, order := range orders {
		for _, q := range []group.Query{{}, {Keyed: true}, {Brief: true}, {Word: "b"}, {Word: "group", Keyed: true, Brief: true}, {Word: "nosuch"}} {
			for _, limit := range []int{3, 7, 200} {
				q.Sort, q.Limit, q.Cursor = sort, limit, ""
				var want, got []string
				sorted := slices.SortedFunc(slices.Values(rows), func(a, b group.Group) int { return cmp.Or(order(a, b), cmp.Compare(a.ID, b.ID)) })
				for _, g := range sorted {
					if (!q.Keyed || g.HasKey) && (q.Word == "" || q.Word == "group" || strings.HasPrefix(strings.ToLower(g.Name), q.Word+" ")) {
						want = append(want, g.Name+g.NotAfter.String())
					}
				}
				for first := true; first || q.Cursor != ""; first = false {
					k.view(id, func(tx ports.Tx) error {
						page, err := tx.Groups().List(k.ctx, q)
						for _, g := range page.Items {
							if counted := g.HasKey || g.Generations > 0; counted && q.Brief || !counted && !q.Brief && !g.NotAfter.IsZero() {
								k.Errorf("brief %v, and of %s are counted %d generations, a key %v", q.Brief, g.Name, g.Generations, g.HasKey)
							}
							got = append(got, g.Name+g.NotAfter.String())
						}
						q.Cursor = page.Next
						return err
					})
				}
				if !slices.Equal(got, want) {
					k.Errorf("sort %q, word %q, keyed %v, pages of %d:\ngot  %v\nwant %v", sort, q.Word, q.Keyed, limit, got, want)
				}
			}
		}
	}
	k.view(id, func(tx ports.Tx) error {
		page, err := tx.Groups().List(k.ctx, group.Query{Sort: group.SortName, Limit: 1})
		k.ok(err)
		_, err = tx.Groups().List(k.ctx, group.Query{Sort: group.SortExpiry, Cursor: page.Next})
		k.fails(err, fault.Invalid, "bad_cursor")
		_, err = tx.Groups().List(k.ctx, group.Query{Sort: "targets"})
		k.fails(err, fault.Invalid, "bad_sort")
		return nil
	})

	// The longest name of the worst characters is no obstacle to the next page.
	long := strings.Repeat("\"", 1000)
	for i := range 3 {
		k.group(elsewhere, long+fmt.Sprint(i))
	}
	q, n := group.Query{Sort: group.SortName, Limit: 1}, 0
	for first := true; first || q.Cursor != ""; first = false {
		k.view(elsewhere, func(tx ports.Tx) error {
			page, err := tx.Groups().List(k.ctx, q)
			q.Cursor = page.Next
			n += len(page.Items)
			return err
		})
	}
	same(k, n, 4)
}

// currentEnding makes a generation whose certificate ends then, with or without a key, and points the group at it.
func (k *kit) currentEnding(id tenant.ID, g *group.Group, end time.Time, keyed bool) {
	leaf, key := k.certEnding("leaf", end), k.key("key")
	k.store(id, leaf, key)
	n := group.Generation{ID: k.newID("gn"), Group: g.ID, Leaf: leaf.ID, Key: key.ID, CreatedAt: at(k.n)}
	if !keyed {
		n.Key = ""
	}
	k.update(id, func(tx ports.Tx) (err error) {
		n.Number, err = tx.Groups().NextNumber(k.ctx, g.ID)
		k.ok(err)
		k.ok(tx.Generations().Insert(k.ctx, n))
		return tx.Groups().Point(k.ctx, g.ID, n.Number)
	})
	g.HasKey, g.NotAfter = keyed, end
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

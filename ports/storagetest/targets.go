package storagetest

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/ignisfox/ignisfox/core/cert"
	"github.com/ignisfox/ignisfox/core/fault"
	"github.com/ignisfox/ignisfox/core/group"
	"github.com/ignisfox/ignisfox/core/target"
	"github.com/ignisfox/ignisfox/ports"
)

func targetRows(k *kit) {
	id := k.tenant()
	g, other := k.group(id, "www"), k.group(id, "mail")
	gen := k.current(id, g.ID)
	end := at(3600)
	full := target.Target{ID: k.newID("tg"), Name: "web 1", Type: target.TypePull, Group: g.ID, GroupName: g.Name, CreatedAt: at(1),
		Settings: target.Settings{PFXPreset: cert.PresetLegacy, ExpiresAt: &end,
			AllowedCIDRs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")}},
		Tags: []string{"prod", "eu"}, Wanted: gen.Number}
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Insert(k.ctx, full) })
	tok := k.pushToken(id, full.ID)
	full.Tokens = []target.Token{tok}
	k.update(id, func(tx ports.Tx) error {
		got, err := tx.Targets().Get(k.ctx, full.ID)
		k.ok(err)
		same(k, got, full)
		full.Name, full.Group, full.GroupName, full.Wanted, full.Tags = "web 2", other.ID, other.Name, 0, nil
		full.Settings = target.Settings{PFXPreset: cert.PresetModern}
		k.ok(tx.Targets().Update(k.ctx, full))
		got, err = tx.Targets().Get(k.ctx, full.ID)
		k.ok(err)
		same(k, got, full)

		lost := full
		lost.Group = "gr_nosuch"
		k.missing(tx.Targets().Update(k.ctx, lost))
		lost.ID = "tg_nosuch"
		k.missing(tx.Targets().Insert(k.ctx, lost))
		lost.Group = g.ID
		k.missing(tx.Targets().Update(k.ctx, lost))
		k.missing(tx.Targets().Delete(k.ctx, "tg_nosuch"))
		_, err = tx.Targets().Get(k.ctx, "tg_nosuch")
		k.missing(err)
		k.ok(tx.Targets().Delete(k.ctx, full.ID))
		_, err = tx.Targets().Get(k.ctx, full.ID)
		k.missing(err)
		return nil
	})
	_, err := k.s.Lookup().PullGrant(k.ctx, tok.Hash)
	k.missing(err)
}

func targetLists(k *kit) {
	id := k.tenant()
	g, other := k.group(id, "www"), k.group(id, "mail")
	var all, some []string
	k.update(id, func(tx ports.Tx) error {
		for i := range 250 {
			t := target.Target{ID: k.newID("tg"), Name: fmt.Sprint(i), Type: target.TypePull, Group: g.ID, CreatedAt: at(i / 11)}
			if i%3 == 0 {
				t.Group = other.ID
				some = append([]string{t.ID}, some...)
			}
			all = append([]string{t.ID}, all...)
			k.ok(tx.Targets().Insert(k.ctx, t))
		}
		return nil
	})
	list := func(q target.Query) (ids []string) {
		for {
			var page target.Page
			k.view(id, func(tx ports.Tx) (err error) {
				page, err = tx.Targets().List(k.ctx, q)
				return err
			})
			for _, t := range page.Items {
				ids = append(ids, t.ID)
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				return ids
			}
		}
	}
	same(k, list(target.Query{}), all)
	same(k, list(target.Query{Limit: 7}), all)
	same(k, list(target.Query{Limit: 7, Group: other.ID}), some)
	same(k, list(target.Query{Group: "gr_nosuch"}), nil)
	k.view(id, func(tx ports.Tx) error {
		_, err := tx.Targets().List(k.ctx, target.Query{Cursor: "nonsense"})
		k.fails(err, fault.Invalid, "bad_cursor")
		return nil
	})
}

// targetFilters holds the filter by state against target.State, which has the word, and looks for words.
func targetFilters(k *kit) {
	id := k.tenant()
	g, mail := k.group(id, "www.example.com"), k.group(id, "mail")
	k.current(id, g.ID)
	now := k.current(id, g.ID)
	fetch := func(t target.Target, second int, kind group.FormKind, gen int) {
		k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{{Tenant: id, Target: t.ID, Token: k.pushToken(id, t.ID).ID, At: at(second),
			Address: netip.AddrFrom4([4]byte{192, 0, 2, 1}), Kind: kind, Generation: gen}}))
	}
	add := func(name, groupID string) target.Target {
		t := target.Target{ID: k.newID("tg"), Name: name, Type: target.TypePull, Group: groupID, CreatedAt: at(k.n)}
		k.update(id, func(tx ports.Tx) error { return tx.Targets().Insert(k.ctx, t) })
		return t
	}
	k.target(id, g.ID)
	add("Web 100% Büro", g.ID)
	fetch(add("has it", g.ID), 10, group.FormBundle, now.Number)
	fetch(add("has it by fullchain", g.ID), 10, group.FormFullchain, now.Number)
	fetch(add("has the one before", g.ID), 10, group.FormPrivateKey, now.Number-1)
	fetch(add("asked for the leaf alone", g.ID), 10, group.FormCert, now.Number)
	lost := add("key before, fullchain now", g.ID)
	fetch(lost, 10, group.FormPrivateKey, now.Number-1)
	fetch(lost, 11, group.FormFullchain, now.Number)
	fetch(add("nothing wanted", mail.ID), 10, group.FormBundle, 0)
	moved := add("came from another group", mail.ID)
	fetch(moved, 10, group.FormBundle, now.Number)
	moved.Group = g.ID
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Update(k.ctx, moved) })

	list := func(q target.Query) (out []target.Target) {
		for {
			var page target.Page
			k.view(id, func(tx ports.Tx) (err error) {
				page, err = tx.Targets().List(k.ctx, q)
				return err
			})
			out = append(out, page.Items...)
			if q.Cursor = page.Next; q.Cursor == "" {
				return out
			}
		}
	}
	want := map[target.State][]string{}
	for _, t := range list(target.Query{}) {
		want[t.State()] = append(want[t.State()], t.Name)
	}
	for _, s := range target.States {
		got := []string{}
		for _, t := range list(target.Query{State: s, Limit: 1}) {
			got = append(got, t.Name)
		}
		if len(got) < 2 || !slices.Equal(got, want[s]) {
			k.Fatalf("in state %s: %q, want %q", s, got, want[s])
		}
	}
	for word, n := range map[string]int{"WEB": 2, "100%": 1, "Büro": 1, "BüRO": 1, "%": 1, "_": 0, "!": 0, "Example": 8, "mail": 1, "nowhere": 0} {
		if got := list(target.Query{Word: word}); len(got) != n {
			k.Fatalf("word %q: %d targets, want %d", word, len(got), n)
		}
	}
	same(k, len(list(target.Query{Word: "has", State: target.StateBehind, Group: g.ID})), 1)
}

func pushTokenRows(k *kit) {
	id := k.tenant()
	g := k.group(id, "www")
	t, other := k.target(id, g.ID), k.target(id, g.ID)
	k.pushToken(id, other.ID)
	var want []target.Token
	for range 55 {
		want = append([]target.Token{k.pushToken(id, t.ID)}, want...)
	}
	k.update(id, func(tx ports.Tx) error {
		got, err := tx.PushTokens().List(k.ctx, t.ID)
		k.ok(err)
		same(k, got, want[:50])
		k.ok(tx.PushTokens().Expire(k.ctx, want[0].ID, at(5)))
		k.ok(tx.PushTokens().Delete(k.ctx, want[1].ID))
		want[0].ExpiresAt = at(5)
		got, err = tx.PushTokens().List(k.ctx, t.ID)
		k.ok(err)
		same(k, got[:2], []target.Token{want[0], want[2]})
		same(k, len(got), 50)

		k.missing(tx.PushTokens().Expire(k.ctx, want[1].ID, at(5)))
		k.missing(tx.PushTokens().Delete(k.ctx, want[1].ID))
		again := want[2]
		again.ID = k.newID("pt")
		k.fails(tx.PushTokens().Insert(k.ctx, again), fault.Conflict, "")
		return nil
	})
	lost := target.Token{ID: k.newID("pt"), Target: "tg_nosuch", Hash: k.hash(), CreatedAt: start}
	k.missing(k.try(id, func(tx ports.Tx) error { return tx.PushTokens().Insert(k.ctx, lost) }))
}

func fetches(k *kit) {
	id := k.tenant()
	g, other := k.group(id, "www"), k.group(id, "mail")
	k.current(id, g.ID)
	t, gone := k.target(id, g.ID), k.target(id, g.ID)
	tok := k.pushToken(id, t.ID)
	k.update(id, func(tx ports.Tx) error { return tx.Targets().Delete(k.ctx, gone.ID) })
	addr := func(n int) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}) }
	record := func(n int, kind group.FormKind, gen int) target.Fetch {
		return target.Fetch{Tenant: id, Target: t.ID, Token: tok.ID, At: at(n), Address: addr(n), Kind: kind, Generation: gen}
	}
	get := func() (got target.Target) {
		k.view(id, func(tx ports.Tx) (err error) {
			got, err = tx.Targets().Get(k.ctx, t.ID)
			return err
		})
		return got
	}
	never := get()
	same(k, never.State(), target.StateNever)
	for _, c := range []struct {
		name    string
		fetches []target.Fetch
		last    int // second of the last fetch
		kind    group.FormKind
		gen     int
		seen    int
	}{
		{"a certificate alone tells nothing", []target.Fetch{record(10, group.FormCert, 1)}, 10, group.FormCert, 1, 0},
		{"fullchain tells, while no key was asked for", []target.Fetch{record(11, group.FormFullchain, 1)}, 11, group.FormFullchain, 1, 1},
		{"a batch out of order", []target.Fetch{record(15, group.FormCert, 3), record(14, group.FormPrivateKey, 2), record(13, group.FormPFX, 1)},
			15, group.FormCert, 3, 2},
		{"an older fetch changes nothing", []target.Fetch{record(12, group.FormBundle, 9)}, 15, group.FormCert, 3, 2},
		{"fullchain tells nothing once a key was asked for", []target.Fetch{record(16, group.FormFullchain, 4)}, 16, group.FormFullchain, 4, 2},
		{"late, but the newest with a key", []target.Fetch{record(15, group.FormBundle, 3)}, 16, group.FormFullchain, 4, 3},
		{"one of another target that is gone", []target.Fetch{
			{Tenant: id, Target: gone.ID, Token: "pt_nosuch", At: at(50), Kind: group.FormPrivateKey, Generation: 1},
			{Tenant: "tn_nosuch", Target: t.ID, Token: tok.ID, At: at(50), Kind: group.FormPrivateKey, Generation: 1},
			record(17, group.FormPrivateKey, 5)}, 17, group.FormPrivateKey, 5, 5},
	} {
		k.ok(k.s.Jobs().RecordFetches(k.ctx, c.fetches))
		got := get()
		want := target.LastFetch{At: at(c.last), Address: addr(c.last), Kind: c.kind, Generation: c.gen, Observed: c.seen}
		if got.LastFetch != want {
			k.Fatalf("%s: got %+v, want %+v", c.name, got.LastFetch, want)
		}
	}
	got := get()
	same(k, got.Tokens[0].LastAt, at(17))
	same(k, got.Tokens[0].LastAddress, addr(17))
	k.ok(k.s.Jobs().RecordFetches(k.ctx, nil))

	// Numbers of the group that the target came from say nothing of the one it is in, not even when they are told late.
	got.Group = other.ID
	var moved time.Time
	k.update(id, func(tx ports.Tx) error {
		moved = tx.Now()
		return tx.Targets().Update(k.ctx, got)
	})
	late := record(0, group.FormPrivateKey, 1)
	late.At = moved.Add(-time.Microsecond)
	k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{late}))
	same(k, get().LastFetch.Observed, 0)
	late.At, late.Generation = moved.Add(time.Second), 7
	k.ok(k.s.Jobs().RecordFetches(k.ctx, []target.Fetch{late}))
	same(k, get().LastFetch.Observed, 7)
	k.view(id, func(tx ports.Tx) error {
		on, err := tx.Generations().OnTargets(k.ctx, other.ID)
		k.ok(err)
		if !slices.Equal(on, []int{7}) {
			k.Fatalf("generations on targets: %v", on)
		}
		return nil
	})
}
